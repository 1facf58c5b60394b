/**
 * What MQTT packets of a client say, of all versions: MQTT 3.1 (protocol level 3), 3.1.1 (4) and 5.0 (5). Of a version that does not have a
 * field, it has the value that means nothing. Sections are those of MQTT 5.0.
 */

/** The protocol level. */
export type Version = 3 | 4 | 5;

/** Quality of service (QoS): at most once, at least once, exactly once. */
export type QoS = 0 | 1 | 2;

export type UserProperty = readonly [name: string, value: string];

/** What belongs to an application message and goes on to every subscriber that speaks MQTT 5 (section 3.3.2.3). */
export interface MessageProperties {
  /**
   * These properties as they came, without their length: payload format, content type, response topic, correlation data and user properties,
   * in the order in which the sender had them.
   */
  readonly raw: Buffer;
  /** The payload format indicator says that the payload is UTF-8. */
  readonly isText: boolean;
  readonly contentType: string | undefined;
  readonly responseTopic: string | undefined;
  readonly correlationData: Buffer | undefined;
  readonly userProperties: readonly UserProperty[];
}

export interface Will {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Seconds after the end of the connection; 0: at once. */
  readonly delayS: number;
  /** Seconds for which the message is worth anything; undefined: for ever. */
  readonly expiryS: number | undefined;
  readonly properties: MessageProperties | undefined;
}

export interface ConnectPacket {
  readonly kind: 'connect';
  readonly version: Version;
  /** Bit 7 of the protocol level, by which a bridge of mosquitto says what it is (MQTT 3.1 and 3.1.1). */
  readonly isBridge: boolean;
  /** Clean session in MQTT 3. */
  readonly cleanStart: boolean;
  /** 0: none. */
  readonly keepAliveS: number;
  /** '' where it gives none. */
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
  readonly will: Will | undefined;
  /** Seconds that its session lasts after the connection; 0xffffffff: for ever. undefined: not said, which is 0 in MQTT 5. */
  readonly sessionExpiryS: number | undefined;
  /** How many messages of QoS 1 and 2 it takes before it has acknowledged one; 65,535 where it does not say. */
  readonly receiveMaximum: number;
  /** The longest packet that it takes; undefined: any. */
  readonly maxPacketBytes: number | undefined;
  /** The highest topic alias that it takes; 0: none. */
  readonly topicAliasMaximum: number;
  readonly wantsResponseInformation: boolean;
  /** False: no reason strings and user properties but in PUBLISH, CONNACK and DISCONNECT. */
  readonly wantsProblemInformation: boolean;
  readonly authMethod: string | undefined;
}

export interface PublishPacket {
  readonly kind: 'publish';
  readonly dup: boolean;
  readonly qos: QoS;
  readonly retain: boolean;
  /** '' where only `alias` says which. */
  readonly topic: string;
  /** 0 with QoS 0. */
  readonly id: number;
  /** A view of what was read. */
  readonly payload: Buffer;
  /** 0: none. */
  readonly alias: number;
  readonly expiryS: number | undefined;
  readonly properties: MessageProperties | undefined;
}

export type AcknowledgementKind = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';

export interface AcknowledgementPacket {
  readonly kind: AcknowledgementKind;
  readonly id: number;
  /** From 0x80 on: an error. */
  readonly reason: number;
}

export interface SubscriptionRequest {
  readonly filter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** 0: send what is retained; 1: only if the subscription is new; 2: do not. */
  readonly retainHandling: 0 | 1 | 2;
}

export interface SubscribePacket {
  readonly kind: 'subscribe';
  readonly id: number;
  /** The subscription identifier; 0: none. */
  readonly identifier: number;
  /** At least one. */
  readonly requests: readonly SubscriptionRequest[];
}

export interface UnsubscribePacket {
  readonly kind: 'unsubscribe';
  readonly id: number;
  /** At least one. */
  readonly filters: readonly string[];
}

export interface PingPacket {
  readonly kind: 'pingreq';
}

export interface DisconnectPacket {
  readonly kind: 'disconnect';
  /** 0: normally; 4: with the will. */
  readonly reason: number;
  /** Another session expiry from now on; undefined: as it was. */
  readonly sessionExpiryS: number | undefined;
}

export interface AuthPacket {
  readonly kind: 'auth';
  readonly reason: number;
  readonly method: string | undefined;
}

/** A packet that a client sends. */
export type Packet =
  | ConnectPacket
  | PublishPacket
  | AcknowledgementPacket
  | SubscribePacket
  | UnsubscribePacket
  | PingPacket
  | DisconnectPacket
  | AuthPacket;
