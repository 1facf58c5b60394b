#pragma once

#include "Platform.h"

namespace crosscomm {

const size_t WEBSOCKET_KEY_LENGTH = 24;
const size_t WEBSOCKET_ACCEPT_LENGTH = 28;

/** The Sec-WebSocket-Key of 16 random bytes: their base64, and a 0. */
void webSocketKey(const uint8_t random[16], char key[WEBSOCKET_KEY_LENGTH + 1]);

/**
 * The Sec-WebSocket-Accept that answers a key (RFC 6455, section 4.2.2): the base64 of a SHA-1, and a 0. It is no
 * secret; it shows that the other side speaks WebSocket and answers this very request, and not some cache or web
 * server another one.
 */
void webSocketAccept(const char key[WEBSOCKET_KEY_LENGTH + 1], char accept[WEBSOCKET_ACCEPT_LENGTH + 1]);

}  // namespace crosscomm
