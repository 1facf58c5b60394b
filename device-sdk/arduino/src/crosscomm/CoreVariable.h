#pragma once

#include "CborReader.h"
#include "CborWriter.h"

namespace crosscomm {

/**
 * A value that the device shares with others: the field `key` of the messages of a channel, as OOCSI's variables are. What
 * is common to all types; sketches use CrossCommVariable.
 */
class Variable {
 public:
  typedef void (*ChangeHandler)();
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
  ChangeHandler onChange_ = nullptr;
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
  static_assert(sizeof(T) <= sizeof(Kept) || sizeof(T) == sizeof(long), "A variable is a bool, an integer or a float.");
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
  CrossCommVariable(const char *channel, const char *key, T value = T())
      : CrossCommVariable(channel, key, static_cast<Kept>(value), true) {}

  T get() const {
    Kept value;
    copyValue(&value);
    return static_cast<T>(value);
  }
  operator T() const { return get(); }
  /** Sends the value where it is another one than before. */
  CrossCommVariable &operator=(T value) {
    const Kept kept = static_cast<Kept>(value);
    assign(&kept);
    return *this;
  }
  CrossCommVariable(const CrossCommVariable &) = delete;
  CrossCommVariable &operator=(const CrossCommVariable &other) { return *this = other.get(); }

 private:
  CrossCommVariable(const char *channel, const char *key, const Kept &value, bool)
      : Variable(channel, key, Type::KIND, &value) {}
};
