#pragma once

#include "CborWriter.h"
#include "Handler.h"
#include "NameArgument.h"
#include "ValueOperators.h"

namespace crosscomm {

/**
 * A value that the device shares with others: the field `key` of the messages of a channel, as OOCSI's variables are. What
 * is common to all types; sketches use CrossCommVariable.
 */
class Variable {
 public:
  typedef Handler<void()> ChangeHandler;
  enum class Kind : uint8_t { Bool, Integer, Float };

  /** Called when somebody else has changed the value. */
  void onChange(ChangeHandler handler) { onChange_ = handler; }
  /**
   * The gateway keeps the last value that anybody sets, and gives it back after a reset; before it has, nothing that the sketch sets is
   * sent, and what it has set gives way to what was kept. Call it in setup().
   */
  void keep();
  /** The least time between two messages; without, 100 ms. The last value is always sent. */
  void interval(uint16_t ms) { intervalMs_ = ms; }

 protected:
  static const uint8_t SIZE = 4;

  Variable(const char *channel, const char *key, Kind kind, const void *value)
      : channel_(channel), key_(key), kind_(kind) {
    memcpy(value_, value, SIZE);
  }
  /** Takes a new value, and remembers to send it if it is another. */
  void assign(const void *value);
  void copyValue(void *into) const { memcpy(into, value_, SIZE); }

 private:
  friend class Core;
  friend class Unmarked;
  void write(CborWriter &writer) const;
  void receive(const Value &value);

  Variable *next_ = nullptr;
  const char *channel_;
  const char *key_;
  ChangeHandler onChange_ = ChangeHandler(nullptr);
  uint8_t value_[SIZE];
  uint16_t intervalMs_ = 100;
  /** When it was sent, the lower 16 bits. */
  uint16_t sentMs_ = 0;
  Kind kind_;
  bool isChanged_ = false;
};

/** How a type is kept in four bytes. */
template <typename T>
struct VariableType {
  typedef int32_t Kept;
  static const Variable::Kind KIND = Variable::Kind::Integer;
  static_assert(
      (IsInteger<T>::VALUE && sizeof(T) <= sizeof(long)) || __is_enum(T),
      "CrossComm: a variable is a bool, an integer of at most 32 bits or a float. A text is sent by cc.send(), and "
      "small integers are of type int8_t.");
};
template <>
struct VariableType<bool> {
  typedef int32_t Kept;
  static const Variable::Kind KIND = Variable::Kind::Bool;
};
template <>
struct VariableType<float> {
  typedef float Kept;
  static const Variable::Kind KIND = Variable::Kind::Float;
};
template <>
struct VariableType<double> : VariableType<float> {};

/** What a variable is set to. */
template <typename T, typename U, bool isRight = IsNumber<U>::VALUE || __is_enum(U) || IsA<Variable, U>::VALUE>
struct Assigned {
  static T from(const U &value) { return static_cast<T>(value); }
};
template <typename T, typename U>
struct Assigned<T, U, false> {
  static_assert(IsA<Value, U>::VALUE,
                "CrossComm: a variable takes a bool or a number. Of a text that is text.toInt() or text.toFloat().");
  static T from(Value value) { return Reading<NumberType<T>::KIND, sizeof(T)>::template of<T>(value); }
  static T from(...) { return T(); }
};

}  // namespace crosscomm

/**
 * A variable that the sketch, Python programs and other devices share. Integers have 32 bits, floats too.
 *
 *     CrossCommVariable<long> level("house", "level");
 *     void setup() { ... cc.variable(level); }
 *     void loop() { cc.loop(); if (isPressed()) level = level + 1; }
 */
template <typename T>
class CrossCommVariable : public crosscomm::Variable {
  typedef crosscomm::VariableType<T> Type;
  typedef typename Type::Kept Kept;

 public:
  /** `channel` and `key` are kept as pointers. The first value is not sent. */
  CrossCommVariable(crosscomm::KeptName channel, crosscomm::KeptName key, T value = T())
      : CrossCommVariable(channel.text(), key.text(), static_cast<Kept>(value), true) {}

  T get() const {
    Kept value;
    copyValue(&value);
    return static_cast<T>(value);
  }
  operator T() const { return get(); }
  /** Sends the value where it is another one than before. */
  template <typename U>
  CrossCommVariable &operator=(const U &value) {
    return set(crosscomm::Assigned<T, U>::from(value));
  }
  CrossCommVariable(const CrossCommVariable &) = delete;
  CrossCommVariable &operator=(const CrossCommVariable &other) { return set(other.get()); }

  template <typename U>
  CrossCommVariable &operator+=(const U &other) {
    return *this = get() + other;
  }
  template <typename U>
  CrossCommVariable &operator-=(const U &other) {
    return *this = get() - other;
  }
  template <typename U>
  CrossCommVariable &operator*=(const U &other) {
    return *this = get() * other;
  }
  template <typename U>
  CrossCommVariable &operator/=(const U &other) {
    return *this = get() / other;
  }
  template <typename U>
  CrossCommVariable &operator%=(const U &other) {
    return *this = get() % other;
  }
  template <typename U>
  CrossCommVariable &operator|=(const U &other) {
    return *this = get() | other;
  }
  template <typename U>
  CrossCommVariable &operator&=(const U &other) {
    return *this = get() & other;
  }
  template <typename U>
  CrossCommVariable &operator^=(const U &other) {
    return *this = get() ^ other;
  }
  CrossCommVariable &operator++() { return *this += 1; }
  CrossCommVariable &operator--() { return *this -= 1; }
  T operator++(int) {
    const T before = get();
    *this += 1;
    return before;
  }
  T operator--(int) {
    const T before = get();
    *this -= 1;
    return before;
  }

 private:
  CrossCommVariable(const char *channel, const char *key, const Kept &value, bool)
      : Variable(channel, key, Type::KIND, &value) {}
  CrossCommVariable &set(T value) {
    const Kept kept = static_cast<Kept>(value);
    assign(&kept);
    return *this;
  }
};
