// What most tests begin with, read once for all of them; see Makefile.
#include "stored.h"
// After it, so that the library's headers have its macro.
#include <CrossComm.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>

#include "check.h"
