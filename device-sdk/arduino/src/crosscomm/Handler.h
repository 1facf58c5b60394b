// What a sketch gives to be called.
#pragma once

#include "Types.h"

namespace crosscomm {

template <typename Signature>
class Handler;

/**
 * A function; elsewhere than on an AVR also a lambda with what it captures, up to four pointers, which are kept in here:
 * nothing is taken from the heap. Zeros are none.
 */
template <typename R, typename... A>
class Handler<R(A...)> {
  typedef R (*Function)(A...);

  template <typename T>
  static T give();
  template <typename F>
  static char testCall(decltype(give<F &>()(give<A>()...)) *);
  template <typename F>
  static long testCall(...);
  static char testFunction(Function);
  static long testFunction(...);

 public:
  Handler() = default;
  Handler(decltype(nullptr)) : Handler(Function(), true) {}
  template <typename F>
  Handler(F handler) : Handler(checked(handler), true) {}

  bool operator==(decltype(nullptr)) const { return call_ == nullptr; }
  bool operator!=(decltype(nullptr)) const { return call_ != nullptr; }

#ifdef __AVR__
  R operator()(A... arguments) const { return call_(static_cast<A>(arguments)...); }

 private:
  template <typename F>
  static Function checked(F handler) {
    static_assert(
        sizeof(testFunction(handler)) == 1,
        "CrossComm: on an AVR a handler is a function with just the parameters of its example, such as void "
        "onLamp(const CrossCommMessage &message), or a lambda that captures nothing: let it use a global variable.");
    return function(handler);
  }
  // The second is for what is refused, so that the compiler says no more than why.
  static Function function(Function handler) { return handler; }
  static Function function(...) { return nullptr; }
  Handler(Function function, bool) : call_(function) {}

  Function call_;
#else
  R operator()(A... arguments) const { return call_(captured_, static_cast<A>(arguments)...); }

 private:
  typedef R (*Call)(const void *captured, A... arguments);
  static const size_t MOST = 4 * sizeof(void *);

  template <typename F>
  static F checked(F handler) {
    static_assert(
        sizeof(testCall<F>(nullptr)) == 1,
        "CrossComm: this handler takes other parameters than it is given. Its example has the right ones, such "
        "as void onLamp(const CrossCommMessage &message).");
    static_assert(
        sizeof(F) <= MOST,
        "CrossComm: this lambda captures too much, four pointers at most: capture one struct, as [&settings].");
    static_assert(
        __is_trivially_copyable(F),
        "CrossComm: this lambda captures a copy of a String, or of what else has memory of its own: capture it "
        "by reference, as [&name], and let it be a global variable.");
    return handler;
  }
  template <typename F, bool isRight>
  struct Caller {
    static R call(const void *captured, A... arguments) {
      // As a lambda that is mutable wants it.
      F &handler = *static_cast<F *>(const_cast<void *>(captured));
      return static_cast<R>(handler(static_cast<A>(arguments)...));
    }
  };
  // What is refused: so that the compiler says no more than why.
  template <typename F>
  struct Caller<F, false> {
    static R call(const void *, A...);
  };
  Handler(Function function, bool) : call_(function == nullptr ? nullptr : &Caller<Function, true>::call) {
    memcpy(captured_, &function, sizeof function);
  }
  template <typename F>
  Handler(F handler, bool) : call_(&Caller<F, sizeof(testCall<F>(nullptr)) == 1>::call) {
    memcpy(captured_, &handler, sizeof(F) <= MOST ? sizeof(F) : 0);
  }

  Call call_;
  alignas(void *) mutable unsigned char captured_[MOST];
#endif
};

}  // namespace crosscomm
