// A test runner of a page: TEST defines and registers one, CHECK and CHECK_TEXT say where something is wrong.
#pragma once

#include <stdio.h>

#include <string>
#include <vector>

struct Test {
  const char *name;
  void (*run)();
};

inline std::vector<Test> &allTests() {
  static std::vector<Test> tests;
  return tests;
}

extern int failures;

struct Registration {
  Registration(const char *name, void (*run)()) { allTests().push_back(Test{name, run}); }
};

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEST(name)                                                              \
  static void JOIN(test, __LINE__)();                                           \
  static Registration JOIN(registration, __LINE__)(name, JOIN(test, __LINE__)); \
  static void JOIN(test, __LINE__)()

#define CHECK(condition)                                       \
  do {                                                         \
    if (!(condition)) {                                        \
      failures++;                                              \
      printf("  %s:%d: %s\n", __FILE__, __LINE__, #condition); \
    }                                                          \
  } while (0)

inline void checkText(const std::string &actual, const std::string &expected, const std::string &what, int line) {
  if (actual == expected) return;
  failures++;
  printf("  line %d, %s:\n    expected %s\n    was      %s\n", line, what.c_str(), expected.c_str(), actual.c_str());
}
#define CHECK_TEXT(actual, expected, what) checkText(actual, expected, what, __LINE__)

/** Bytes as hexadecimal digits, and back. */
std::string toHex(const uint8_t *bytes, size_t length);
std::vector<uint8_t> fromHex(const std::string &hex);
