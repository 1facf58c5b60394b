#include <Arduino.h>

#include "check.h"

uint32_t fakeMillis = 0;
int failures = 0;

std::string toHex(const uint8_t *bytes, size_t length) {
  std::string hex;
  char two[3];
  for (size_t i = 0; i < length; i++) {
    snprintf(two, sizeof two, "%02x", bytes[i]);
    hex += two;
  }
  return hex;
}

std::vector<uint8_t> fromHex(const std::string &hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

int main() {
  int failedTests = 0;
  for (const Test &test : allTests()) {
    const int before = failures;
    fakeMillis = 0;
    test.run();
    const bool failed = failures != before;
    if (failed) failedTests++;
    printf("%s %s\n", failed ? "not ok" : "ok", test.name);
    fflush(stdout);
  }
  printf("%zu tests, %d failed\n", allTests().size(), failedTests);
  return failedTests == 0 ? 0 : 1;
}
