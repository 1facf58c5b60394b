// Lets a test look at what a reset would leave, after each byte that the library writes there.
#pragma once

extern void (*afterStore)();
#define CROSSCOMM_STORED()                   \
  do {                                       \
    if (afterStore != nullptr) afterStore(); \
  } while (0)
