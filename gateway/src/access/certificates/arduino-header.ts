import { shownFingerprint } from './certificate.ts';

/**
 * A header for sketches: the authority's certificate as a text in the flash memory of an ESP32 or ESP8266, which a client that is given
 * it trusts, and no other.
 */
export function arduinoHeader({ certificate, fingerprint }: { certificate: string; fingerprint: string }): string {
  return `// The authority of a CrossComm gateway, made by "crosscomm tls export --arduino". It is no secret.
// SHA-256 ${shownFingerprint(fingerprint)}
#pragma once

#include <Arduino.h>

static const char CROSSCOMM_CA[] PROGMEM = R"(${certificate.trim()}
)";
`;
}
