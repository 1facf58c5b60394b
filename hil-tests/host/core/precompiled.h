// What is read once for all sources; see Makefile.
#include "Arduino.h"
