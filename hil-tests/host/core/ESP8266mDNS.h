// The same on both chips, but for its name.
#pragma once

#include "ESPmDNS.h"
