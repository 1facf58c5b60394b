#include "PubSubClient.h"

#include "../PubSubClient/PubSubClient.cpp"
