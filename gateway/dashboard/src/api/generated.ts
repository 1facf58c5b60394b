// Made of /api/v1/openapi.json by: npx vitest run gateway/test/dashboard/api-types.test.ts -u

export interface Board {
  id: string;
  name: string;
  /** grows with each change */
  version: number;
  /** milliseconds since 1970 */
  changedMs: number;
  /** the account */
  changedBy?: string;
  /** in the order in which they are shown, at most 60 */
  items: BoardItem[];
  /** whether whoever asks may change it */
  mayChange: boolean;
}

export interface BoardItem {
  /** other than that of any other on the board */
  id: string;
  /** hidden: one of which whoever asks may not know; given back, it stays what it is */
  kind: "button" | "switch" | "slider" | "colour" | "value" | "chart" | "image" | "text" | "hidden";
  label: string;
  size: "small" | "wide" | "full";
  /** the channel or client that it is bound to */
  channel?: string;
  /** the field of its messages; left out: all of the message */
  key?: string;
  /** what a button sends: JSON, or else a text */
  value?: string;
  /** what a switch sends; by default as the last value says it */
  on?: string;
  off?: string;
  min?: number;
  max?: number;
  step?: number;
  unit?: string;
  /** what it sends is kept for later subscribers */
  retain?: boolean;
  text?: string;
  /** the key of the image that is shown */
  object?: string;
}

export interface Boards {
  /** sorted by name */
  boards: {
    id: string;
    name: string;
    /** grows with each change */
    version: number;
    /** milliseconds since 1970 */
    changedMs: number;
    /** the account */
    changedBy?: string;
    itemCount: number;
  }[];
  mayChange: boolean;
}

export interface Automation {
  name: string;
  /** channel or topic filter of the messages that it looks at */
  when: string;
  /** what a message must fulfil; null: each does */
  if: string | null;
  /** channels that it sends to, as the configuration has them */
  sendsTo: string[];
  /** whose rules hold for it; null: everything is allowed */
  account: string | null;
  /** how often it has sent since the gateway started */
  fired: number;
  /** how often it would have sent, but rested or had sent too often */
  heldBack: number;
  /** how often it could not send */
  failed: number;
  /** when it sent last */
  lastFiredMs: number | null;
  /** by which way it set itself off, for which it is stopped */
  loop: string[] | null;
  /** where it was written; only those of the dashboard can be changed here */
  source: "configuration" | "dashboard";
  /** the whole of it, as the configuration has it */
  automation: Record<string, unknown>;
}

export interface Backups {
  /** the backups of each day; null: none are made */
  daily: {
    /** how many are kept */
    keep: number;
    /** the time of day, by the clock of the machine: "03:00" */
    at: string;
    /** why the last one could not be made */
    fault: string | null;
  } | null;
  /** the backups in the data folder, the newest first */
  kept: ({
    name: string;
    bytes: number;
    /** null where the clock was not known to be right */
    createdMs: number | null;
    /** the version of the gateway that made it */
    gateway: string;
    /** false: it was made before a new version took over the data */
    isDaily: boolean;
  })[];
}

export interface Behaviour {
  kind: "awareness" | "gather" | "leader" | "sync" | "poll" | "consensus" | "spread" | "spatial";
  channel: string;
  /** what of the channel it is about; null: there is only one of its kind */
  key: string | null;
  /** who has asked for it, at most 100 */
  clients: string[];
  /** how many have asked for it */
  clientCount: number;
  /** what the gateway tells who asks for it now, as docs/behaviours.md says; of a table the first fifty members */
  state: Record<string, unknown>;
  /** how many members a table has; null: it is none */
  memberCount: number | null;
}

export interface Behaviours {
  /** in the order in which they were first asked for, at most 200 */
  behaviours: Behaviour[];
  hasMore: boolean;
}

export interface ChannelDetails {
  name: string;
  /** the ids of clients that subscribe to exactly this name, and are online */
  subscribers: string[];
  /** clients that are online and get what is said here by a topic filter with wildcards, at most 200 */
  patterns: {
    id: string;
    filter: string;
  }[];
  /** what was said there last, as far as it is remembered and whoever asks may read it */
  last?: MessageView;
  /** what is kept for later subscribers; left out where whoever asks may not read it */
  retained?: MessageView;
  kept: boolean;
}

export interface ChannelHistory {
  /** how far apart the values are */
  everyMs: number;
  /** when the last of them was said, to everyMs; milliseconds since 1970 */
  endMs: number;
  /** at most 8 */
  lines: ({
    /** of an object; empty where the message is nothing but a number */
    field: string;
    /** oldest first, all lines equally many; null: none was said */
    values: (number | null)[];
  })[];
  /** the newest that are remembered, oldest first and whole; where limit or since asks for them */
  messages?: MessageView[];
}

export interface ChannelsEvent {
  /** those with new messages or another rate, at most 200 */
  values: {
    name: string;
    /** messages a second, of the last seconds; estimated where there are many */
    perS: number;
    /** the last one that was looked at, with at most 512 characters; 4,096 where channels are asked for by name */
    last: MessageView;
  }[];
  /** messages since the event before that were not looked at */
  leftOut: number;
}

export interface ChannelView {
  name: string;
  /** clients that subscribe to exactly this name, and are online */
  subscriberCount: number;
  /** whether a message is kept for later subscribers */
  retained: boolean;
  /** whether it is the last values of fields that are kept */
  kept: boolean;
}

export interface Class {
  /** what teams may do; null: there is no class, or somebody has changed its role */
  mode: "closed" | "open" | "frozen" | null;
  teams: ({
    /** its account, and what its names begin with */
    team: string;
    /** a time in ISO 8601; null: never */
    expires: string | null;
    /** ids of those that are online */
    clients: string[];
    /** when one of its clients that stay connected sent something last, to 5 seconds; null: not since the gateway started */
    lastMessageMs: number | null;
    /** ids that several of its clients want, so that some are refused */
    sharedIds: string[];
  })[];
}

export interface ClientDetails {
  id: string;
  /** mqtt, oocsi, crosscomm, frames, serial, osc, http */
  protocol: string;
  online: boolean;
  /** the other gateway at which it is online; left out where it is this one */
  gateway?: string;
  /** whose client it is; left out where it is anonymous, or whoever asks may not see the accounts of others */
  account?: string;
  /** how it has proved that; only while it is online */
  proof?: "none" | "password" | "token" | "certificate" | "key" | "cable" | "operator";
  /** the address or port that it comes from; only for whoever may operate */
  peer?: string;
  /** when it came last; milliseconds since 1970 */
  sinceMs: number;
  /** when it was last heard of, to a few seconds; milliseconds since 1970 */
  lastSeenMs: number;
  /** messages that it sent since it came */
  received: number;
  /** messages that were queued for it since it came */
  sent: number;
  /** what waits for it to read */
  waitingBytes?: number;
  /** messages that it did not get, as it reads too slowly or they are too large for it */
  lost?: number;
  subscriptionCount: number;
  /** channels and topic filters; private channels are left out */
  subscriptions: string[];
}

export interface ClientsEvent {
  /** those that came, or came again */
  joined: ClientView[];
  left: {
    id: string;
    /** left, closed, timeout, replaced, revoked, error, shutdown */
    reason: string;
  }[];
  /** about once a second: the 200 that send and are sent the most, and those that have fallen silent */
  rates: {
    id: string;
    receivedPerS: number;
    sentPerS: number;
  }[];
  /** how many more came and went: ask for the list again */
  leftOut: number;
}

export interface ClientView {
  id: string;
  /** mqtt, oocsi, crosscomm, frames, serial, osc, http */
  protocol: string;
  online: boolean;
  /** the other gateway at which it is online; left out where it is this one */
  gateway?: string;
  /** whose client it is; left out where it is anonymous, or whoever asks may not see the accounts of others */
  account?: string;
  /** how it has proved that; only while it is online */
  proof?: "none" | "password" | "token" | "certificate" | "key" | "cable" | "operator";
  /** the address or port that it comes from; only for whoever may operate */
  peer?: string;
  /** when it came last; milliseconds since 1970 */
  sinceMs: number;
  /** when it was last heard of, to a few seconds; milliseconds since 1970 */
  lastSeenMs: number;
  /** messages that it sent since it came */
  received: number;
  /** messages that were queued for it since it came */
  sent: number;
  /** what waits for it to read */
  waitingBytes?: number;
  /** messages that it did not get, as it reads too slowly or they are too large for it */
  lost?: number;
  subscriptionCount: number;
}

export interface DeviceView {
  name: string;
  /** the id of the client that it is, where that is known */
  client?: string;
  /** left out where its client is not known */
  online?: boolean;
  /** whose it is, where whoever asks may know */
  account?: string;
  /** the room that it is in */
  area?: string;
  /** what it says of itself */
  properties: Record<string, unknown>;
  locations: {
    name: string;
    x: number;
    y: number;
  }[];
  /** to set one, send {"state": true} to the channel of a switch, {"value": 5} to that of a number, and to that of a light {"state": true} with "brightness" (0 to 255), "colorrgb" ([255, 0, 0]), "colorrgbw", "colorrgbww" or "colorTemp" (mireds) */
  components: DeviceComponent[];
}

export interface Diagnosis {
  /** milliseconds since 1970 */
  timeMs: number;
  /** the worst first, and also what is well */
  findings: Finding[];
}

export interface DryRun {
  /** milliseconds since 1970 */
  untilMs: number;
  /** how many messages were looked at */
  messages: number;
  /** what would have been sent, the first 500, in the order of time */
  firings: {
    /** milliseconds since 1970 */
    atMs: number;
    automation: string;
    channel: string;
    /** the first 500 characters */
    body: string;
  }[];
  hasMore: boolean;
  automations: ({
    name: string;
    /** since when all that it looks at was heard; at most an hour ago */
    heardSinceMs: number;
    /** how often it would have sent */
    fired: number;
    /** how often it would have sent, but rested or had sent too often */
    heldBack: number;
    /** how often it could not have sent */
    failed: number;
    /** by which way it would have set itself off */
    loop: string[] | null;
    /** why it could not have sent, at most five reasons */
    faults: string[];
  })[];
}

export interface Finding {
  /** what was looked at, whatever was found: disk, clock, certificate, ... */
  code: string;
  /** warning: somebody should look at it; fault: something does not work, or data is in danger; unknown: it could not be found out */
  level: "ok" | "warning" | "fault" | "unknown";
  /** what of several it is about: a client id, a port, a listener */
  subject?: string;
  /** the numbers and names in the sentence, for translations */
  values: Record<string, string | number>;
  sentence: string;
  /** what to do about it; there unless all is well */
  advice?: string;
}

export interface FlowsEvent {
  /** those with new messages or another rate, at most 500 */
  flows: {
    /** the client that sends */
    from: string;
    /** a channel or a client */
    to: string;
    /** it goes to one client alone */
    isDirect: boolean;
    /** messages a second, of the last seconds; estimated where there are many */
    perS: number;
    /** how many got the last one that was looked at */
    recipients: number;
  }[];
  /** messages since the event before that were not looked at */
  leftOut: number;
}

export interface Graph {
  /** those that are online, sorted by id, at most 2,000, with at most 10,000 subscriptions */
  clients: {
    id: string;
    protocol: string;
    account?: string;
    /** channels and topic filters that it subscribes to, at most 100 */
    hears: string[];
  }[];
  /** who sent where lately, of the messages that are remembered */
  sends: {
    from: string;
    /** a channel or a client */
    to: string;
    /** it went to one client alone */
    isDirect: boolean;
    /** milliseconds since 1970 */
    lastMs: number;
    /** how many got the last message */
    recipients: number;
  }[];
  leftOut: {
    clients: number;
    subscriptions: number;
  };
}

export interface Guide {
  /** the protocol's name for people */
  label: string;
  /** its name, and who connects by it */
  title: string;
  ways: {
    /** who connects in this way */
    who: string;
    /** the port of this listener, by its key in the overview */
    listener?: string;
    standardPort?: number;
    /** it is open only where something else is configured */
    isOptional?: boolean;
    /** a path of WebSockets on the HTTP port */
    webSocket?: string;
  }[];
  /** what to do where there is no address */
  text?: string;
}

export interface MadeOssKey {
  /** what OSS clients call the access key id */
  id: string;
  name: string;
  /** whose rights it has; null: it may do everything */
  account: string | null;
  prefix: string | null;
  /** milliseconds since 1970 */
  createdMs: number;
  /** shown this once */
  secret: string;
  bucket: string;
  /** where OSS clients come in; null: that port is closed */
  listener: {
    host: string;
    port: number;
    tls?: "required" | "accepted";
  } | null;
}

export interface MessagesEvent {
  messages: SentMessage[];
  /** messages since the event before that are not shown, or were not looked at */
  leftOut: number;
}

export interface MessageView {
  /** the client that sent it */
  from: string;
  /** a channel or a client */
  to: string;
  kind: "text" | "json" | "dict" | "bytes" | "image" | "file" | "folder";
  /** milliseconds since 1970 */
  timestampMs: number;
  /** the text; of json and dict the JSON text, with numbers as they were written; of objects their name; of bytes nothing */
  body?: string;
  /** the body is longer than what is shown */
  isCut?: true;
  /** of the body: characters, or bytes; of an object its bytes, where they are known */
  size: number;
  objectKey?: string;
  /** where the object can be read for a while */
  objectUrl?: string;
}

export interface OssKeys {
  /** without their secrets, the oldest first */
  keys: ({
    /** what OSS clients call the access key id */
    id: string;
    name: string;
    /** whose rights it has; null: it may do everything */
    account: string | null;
    prefix: string | null;
    /** milliseconds since 1970 */
    createdMs: number;
  })[];
  bucket: string;
  /** where OSS clients come in; null: that port is closed */
  listener: {
    host: string;
    port: number;
    tls?: "required" | "accepted";
  } | null;
}

export interface Overview {
  version: string;
  /** milliseconds since 1970 */
  nowMs: number;
  uptimeMs: number;
  isClockTrusted: boolean;
  /** what listens, by the configuration key of each: an address with its port, or a list of serial ports */
  listeners: Record<string, unknown>;
  clients: {
    online: number;
    known: number;
    /** those that are online */
    byProtocol: Record<string, number>;
  };
  channelCount: number;
  /** since the start; messages between MQTT clients alone are not among them */
  counters: {
    messages: number;
    deliveries: number;
    /** by reason: no_recipient, not_allowed, queue_full, ... */
    refusals: Record<string, number>;
  };
  /** in the last second, of all protocols */
  rates: {
    messagesPerS: number;
    deliveriesPerS: number;
  };
  /** what waits for slow readers, and what may */
  queues: {
    bytes: number;
    limitBytes: number;
  };
  memoryBytes: number;
  disk: {
    freeBytes: number;
    totalBytes: number;
  } | null;
  /** how late the gateway comes round to what waits */
  loopDelayMs: number;
  uploads?: {
    receiving: number;
    waiting: number;
    unheard: number;
    failed: number;
    bytes: number;
    /** why the object store cannot be used now */
    fault: string | null;
  };
  /** to what is beside clients: other gateways and brokers */
  links: ({
    /** cluster: other gateways; bridge and its name: another broker */
    name: string;
    /** where it goes to */
    peer: string | null;
    /** why there is no link; null while there is one */
    fault: string | null;
  })[];
  /** what was refused or done wrong, since the start */
  incidents: {
    listener: string;
    /** a code of docs/errors.md */
    code: string;
    count: number;
    /** milliseconds since 1970 */
    lastMs: number;
  }[];
  /** the worst first */
  problems: ({
    code: string;
    level: "warning" | "fault";
    /** what of several it is about */
    subject?: string;
    /** the numbers and names in the sentence, for translations */
    values: Record<string, string | number>;
    sentence: string;
    /** what to do about it */
    advice: string;
  })[];
}

export interface SendAnswer {
  /** how many have it in their queue */
  delivered: number;
  /** how many did not get it */
  refused: number;
  /** the first reason why; null: everybody got it */
  reason: string | null;
  /** the same for people */
  sentence: string;
}

export interface SentMessage {
  /** the client that sent it */
  from: string;
  /** a channel or a client */
  to: string;
  kind: "text" | "json" | "dict" | "bytes" | "image" | "file" | "folder";
  /** milliseconds since 1970 */
  timestampMs: number;
  /** the text; of json and dict the JSON text, with numbers as they were written; of objects their name; of bytes nothing */
  body?: string;
  /** the body is longer than what is shown */
  isCut?: true;
  /** of the body: characters, or bytes; of an object its bytes, where they are known */
  size: number;
  objectKey?: string;
  /** where the object can be read for a while */
  objectUrl?: string;
  /** how many have it in their queue */
  delivered: number;
  /** how many did not get it */
  refused: number;
  /** the first reason why: no_recipient, queue_full, ... */
  reason?: string;
}

export interface SerialPort {
  path: string;
  /** its client */
  id: string;
  state: "opening" | "open" | "waiting" | "closed" | "refused" | "unapproved" | "flashing";
  /** what is plugged in, wherever it is plugged in */
  board: string;
  baudRate: number;
  /** whether the configuration names the port, so that its name and speed are set there alone */
  isConfigured: boolean;
}

export interface Shape {
  channel: string;
  /** how many messages were looked at */
  messages: number;
  /** how far apart those were lately, in milliseconds; left out before the second */
  everyMs?: number;
  /** in the order in which they came, at most 64 */
  fields: ({
    /** empty where the message is no object: then it is the message itself */
    name: string;
    /** what it was so far; an integer is a number that never had a fraction */
    types: ("integer" | "number" | "boolean" | "text" | "null" | "array" | "object" | "bytes" | "file")[];
    /** there are messages without it */
    isOptional: boolean;
    /** the least number so far */
    min?: number;
    /** the greatest number so far */
    max?: number;
    /** the characters of the longest text, or the items of the longest array */
    maxLength?: number;
    /** what the items of an array were */
    items?: ("integer" | "number" | "boolean" | "text" | "null" | "array" | "object" | "bytes" | "file")[];
  })[];
  /** there are more fields than are remembered, or some of a longer name */
  hasMore: boolean;
}

export interface Tls {
  /** auto: the gateway makes its certificate; files: it is given one */
  mode: "off" | "auto" | "files";
  /** the gateway's own authority, of client certificates and, with auto, of its own one; null: none yet */
  authority: Certificate | null;
  /** what clients are shown; null: none yet */
  certificate: Certificate | null;
  /** SHA-256 of what clients must trust, hexadecimal; null: none yet, or one that others issue */
  trustedFingerprint: string | null;
  /** those that speak TLS */
  listeners: ({
    /** by its key of the configuration */
    listener: string;
    port: number;
    tls: "accepted" | "required";
  })[];
  /** what is wrong with the two, and what to do about it */
  problems: Finding[];
}

export interface TracedMessage {
  /** its number; grows with each message */
  seq: number;
  /** when it set out; milliseconds since 1970 */
  timestampMs: number;
  /** the client that sent it; empty where that is not known */
  from: string;
  /** a channel or a client; without a password */
  to: string;
  /** by which its sender came */
  protocol?: string;
  /** text, json, dict, bytes, image, file or folder, where somebody had to look */
  kind?: string;
  /** the characters of a text, the bytes of anything else */
  size?: number;
  /** it is retained for later subscribers as well */
  isRetained: boolean;
  /** how many have it, or will */
  delivered: number;
  /** somebody did not get it that should have, or nobody is there to get it */
  isFailed: boolean;
  /** why nobody got it, or not everybody */
  reason?: "no_recipient" | "not_allowed" | "too_large" | "queue_full" | "closed" | "store_full" | "bad_name" | "timeout" | "rule" | "quota";
  /** at most 32 of them, those who got it first */
  recipients: ({
    id: string;
    outcome: "delivered" | "queued" | "waiting" | "queue_full" | "too_large" | "closed" | "offline" | "expired" | "rule" | "left_out" | "sender";
  })[];
  /** how many recipients there are of each outcome */
  outcomes: Record<string, number>;
  /** what became of it, for people */
  sentence: string;
  /** what each part of the sentence says, for translations */
  parts: ({
    code: "refused" | "refused_name" | "refused_store" | "refused_private" | "delivered" | "queued" | "waiting" | "queue_full" | "too_large" | "expired" | "offline" | "rule" | "left_out" | "not_reading" | "closed" | "retained" | "away" | "came_later" | "nobody_else" | "nobody" | "do_now" | "do_when_back" | "near";
    /** the clients in it, three at most */
    names: string[];
    /** how many clients there are */
    count: number;
    values: Record<string, string | number>;
  })[];
}

export interface TraceEvent {
  /** those whose fate is known by now, at most 50 */
  messages: TracedMessage[];
  /** messages since the event before that are not shown, or were not written down */
  leftOut: number;
}

export interface UploadEntry {
  id: string;
  /** receiving: incomplete; accepted: on its way to the store; stored: its recipient has not heard of it; failed: it does not get there */
  state: "receiving" | "accepted" | "stored" | "failed" | "done";
  key: string;
  /** the sender's name for it */
  name: string;
  kind: "file" | "image" | "folder";
  from: string;
  to: string | null;
  /** bytes that are on the disk */
  received: number;
  /** bytes that were announced */
  size: number | null;
  /** milliseconds since 1970 */
  beganMs: number;
  /** why it does not get on */
  reason: string | null;
}

export interface Uploads {
  receiving: number;
  waiting: number;
  unheard: number;
  failed: number;
  /** of all uploads, outside of the store */
  bytes: number;
  /** why the object store cannot be used now */
  fault: string | null;
  /** the first 1,000; those that failed come first */
  uploads: UploadEntry[];
}

export interface DeviceComponent {
  name: string;
  /** sensor, binary_sensor, number, switch, light, button, event, text, image, or what else the device calls it */
  type: string;
  /** where it says its value, and hears what it is to be */
  channel: string;
  /** what it was when the device told of it; of a switch or a light whether it is on */
  value?: boolean | number | string;
  unit?: string;
  /** what a sensor measures: "temperature" */
  sensorType?: string;
  icon?: string;
  /** the least value; of a light in mireds, for its white */
  min?: number;
  max?: number;
  step?: number;
  light?: {
    /** how it can be set, in the words of Home Assistant */
    modes: ("onoff" | "brightness" | "color_temp" | "rgb" | "rgbw" | "rgbww" | "white")[];
    /** what it was when the device told of it; 0 to 255 */
    brightness?: number;
  };
  /** the field of messages there that has its value; by default state or value */
  field?: string;
  /** what that field is where it is on */
  on?: boolean | number | string;
  off?: boolean | number | string;
  /** of an event: what may happen */
  options?: string[];
}

export interface Certificate {
  /** whom it is for: "CN=gateway" */
  subject: string;
  issuer: string;
  serial: string;
  /** SHA-256, hexadecimal */
  fingerprint: string;
  /** host names and addresses that it is good for */
  names: string[];
  isAuthority: boolean;
  /** milliseconds since 1970 */
  validFromMs: number;
  /** milliseconds since 1970 */
  validToMs: number;
}
