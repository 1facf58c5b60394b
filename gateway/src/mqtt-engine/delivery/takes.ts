/** What a client says that it takes. */
export interface Takes {
  /** How many messages of QoS 1 and 2 before it has acknowledged one. */
  readonly receiveMaximum: number;
  /** The longest packet; undefined: any. */
  readonly maxPacketBytes: number | undefined;
  /** The highest topic alias; 0: none. */
  readonly topicAliasMaximum: number;
}

/** What is taken to be so of a client of MQTT 3, which cannot say it. */
export const TAKES_MQTT_3: Takes = { receiveMaximum: 1000, maxPacketBytes: undefined, topicAliasMaximum: 0 };
