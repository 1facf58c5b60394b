// The names that a sketch gives: of channels, clients, functions and keys.
#pragma once

#include "CborReader.h"
#include "Types.h"

namespace crosscomm {

/** A name that is read before the call returns: a text in memory, or a String. */
class Name {
 public:
  Name(const char *text) : text_(text) {}
  Name(char *text) : text_(text) {}
  /** What a message gives, or F(), is a NameCopy. */
  template <typename T, typename EnableIf<!IsPointer<T>::VALUE && !IsA<Value, T>::VALUE, int>::Type = 0>
  Name(const T &text) : text_(Text<T, IsString<T>::VALUE>::of(text)) {}

  const char *text() const { return text_; }

 private:
  template <typename T, bool isString>
  struct Text {
    static const char *of(const T &text) { return text.c_str(); }
  };
  template <typename T>
  struct Text<T, false> {
    static_assert(Never<T>::VALUE, "CrossComm: a name is a text: \"lamp\", a char *, a String or F().");
    static const char *of(const T &) { return nullptr; }
  };

  const char *text_;
};

/** A name that comes from a message, as its sender does, or lies in flash. */
class NameCopy {
 public:
  NameCopy(const Value &text) {
    if (text.copyText(text_, sizeof text_) >= sizeof text_) text_[0] = 0;
  }
  NameCopy(const FlashText *text) {
    const char *at = reinterpret_cast<const char *>(text);
    const size_t length = strlen_P(at);
    for (size_t i = 0; i < length && i <= CROSSCOMM_MAX_NAME; i++) text_[i] = static_cast<char>(pgm_read_byte(at + i));
    text_[length <= CROSSCOMM_MAX_NAME ? length : 0] = 0;
  }

  /** Empty where there is none, or it is too long. */
  const char *text() const { return text_; }
  bool isBad() const { return text_[0] == 0; }

 private:
  char text_[CROSSCOMM_MAX_NAME + 1];
};

/** A name that is kept as a pointer: a constant, as a rule. */
class KeptName {
 public:
  KeptName(const char *text) : text_(text) {}
  KeptName(char *text) : text_(text) {}
  template <typename T>
  KeptName(const T &) : text_(nullptr) {
    static_assert(!IsString<T>::VALUE,
                  "CrossComm: this name is kept as a pointer, and a String may be gone by then. Write a constant, such "
                  "as \"lamp\"; or, of a String that is a global variable and stays as it is, name.c_str().");
    static_assert(IsString<T>::VALUE,
                  "CrossComm: this name is kept as a pointer: write a constant without F(), such as \"lamp\" or "
                  "\"192.168.1.10\".");
  }

  const char *text() const { return text_; }

 private:
  const char *text_;
};

}  // namespace crosscomm
