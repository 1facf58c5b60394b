/** How many hexadecimal digits an id begins with that is made where it can be seen whether it is taken. */
const DIGITS = 4;
const TRIES = 4;

export interface MakeUpOptions {
  /** A number from 0 up to but not including 1. */
  random(): number;
  /** True where somebody has the id, or may come back for it. Without it nobody can be asked, so pass more `digits`. */
  isTaken?(id: string): boolean;
  digits?: number;
}

/**
 * An id for a client that has none: `mqtt-3f2a`. Where that is taken four times over it gets longer, so that there is always
 * one that is free.
 */
export function makeUpId(prefix: string, { random, isTaken, digits = DIGITS }: MakeUpOptions): string {
  for (let length = digits; ; length++) {
    for (let tries = 0; tries < TRIES; tries++) {
      let id = `${prefix}-`;
      for (let digit = 0; digit < length; digit++) id += Math.floor(random() * 16).toString(16);
      if (!isTaken?.(id)) return id;
    }
  }
}

/** What libraries and commands call a client that was given no id, anew at each start. */
const MADE_UP: readonly RegExp[] = [
  // The command `crosscomm`, and the client for Node and web pages.
  /^(?:cli|js)-[0-9a-f]{6}$/,
  // pywayne: the MAC address and half a random UUID.
  /^[0-9a-f]{12}_[0-9a-f]{8}$/,
  // OOCSI for Python (0.4) and Java.
  /^OOCSIClient_[0-9a-f]{15}$/,
  // MQTT.js.
  /^mqttjs_[0-9a-f]{1,8}$/,
  // libmosquitto with MQTT 3.1 (2.0), and the tools of mosquitto 1.
  /^mosq-[0-9A-Za-z]{18}$/,
  /^mosq(?:pub|sub)[|/][0-9]+-/,
  // ArduinoMqttClient: the milliseconds since the board was switched on.
  /^Arduino-[0-9a-f]{8}$/,
  // Paho for Java: the time in nanoseconds.
  /^paho[0-9]{6,20}$/,
  // Node-RED.
  /^nodered_?[0-9a-f]{16}$/,
];

/** How these begin: hardly any other id needs a closer look. */
const BEGINS_MADE_UP = /^(?:[0-9a-f]{12}_|cli-|js-|OOCSIClient_|mqttjs_|mosq|Arduino-|paho|nodered)/;

/**
 * True where a library or a command made the id up: nobody will come back under it once its program has ended, so it is not
 * worth remembering.
 */
export function isMadeUpId(id: string): boolean {
  return BEGINS_MADE_UP.test(id) && MADE_UP.some((pattern) => pattern.test(id));
}

/** What earlier versions of the gateway and of its command made up, and remembered. */
const FORMERLY = /^(?:aedes_[0-9a-f]{8}-[0-9a-f-]{27}|cli-[0-9a-f]{8})$/;

/**
 * True for an id that an earlier version made up and wrote down, or that somebody's library made up, unless the client may have a
 * session under it that outlives its connections (`isPersistent`).
 */
export function isLeftOver(id: string, { isPersistent = false }: { isPersistent?: boolean }): boolean {
  return FORMERLY.test(id) || (!isPersistent && isMadeUpId(id));
}
