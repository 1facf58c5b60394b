// PubSubClient3 of Holger Mueller, as far as it differs: it declares lengths with all their bits, gathers a payload in its
// buffer, and says in the end whether all of it was written.
#pragma once

#define PUBSUBCLIENT_3
#include "../PubSubClient/PubSubClient.h"
