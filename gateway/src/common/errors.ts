/**
 * Every error code the gateway uses, with whose fault it is. docs/errors.md explains each; a test holds the two together.
 */
export const ERROR_CODES = {
  CALL_INVALID: 'call',
  CONFIG_UNREADABLE: 'configuration',
  CONFIG_INVALID: 'configuration',
  CONFIG_NOT_LOOPBACK: 'configuration',
  INSTALL_INCOMPLETE: 'environment',
  DOOR_PORT_IN_USE: 'environment',
  DOOR_ADDRESS: 'environment',
  TLS_CERTIFICATE: 'environment',
  DATA_DIR_LOCKED: 'environment',
  DATA_DIR_UNUSABLE: 'environment',
  DATA_DIR_NEWER: 'environment',
  DATA_DAMAGED: 'environment',
  BACKUP_DAMAGED: 'environment',
  BACKUP_FAILED: 'environment',
  SERIAL_PORT: 'environment',
  FLASH_FAILED: 'environment',
  FLASH_TOOL_MISSING: 'environment',
  OUTPUT_FAILED: 'environment',
  GATEWAY_UNREACHABLE: 'environment',
  OBJECTS_FULL: 'environment',
  OBJECTS_UNAVAILABLE: 'environment',
  OBJECTS_DAMAGED: 'environment',
  MESSAGES_FULL: 'environment',
  CLUSTER_UNREACHABLE: 'environment',
  CLUSTER_REFUSED: 'environment',
  CLUSTER_NAME_TAKEN: 'environment',
  CLUSTER_NOT_KEPT: 'environment',
  CLUSTER_MISSED: 'environment',
  CLUSTER_RETAINED_FULL: 'environment',
  BRIDGE_UNREACHABLE: 'environment',
  BRIDGE_REFUSED: 'environment',
  BRIDGE_FULL: 'environment',
  AUTOMATION_LOOP: 'environment',
  AUTOMATION_FAILED: 'environment',
  PEER_LINE_TOO_LONG: 'peer',
  PEER_MALFORMED: 'peer',
  PEER_BAD_NAME: 'peer',
  PEER_NAME_TAKEN: 'peer',
  PEER_OUTDATED: 'peer',
  PEER_ID_SHARED: 'peer',
  PEER_NOT_ALLOWED: 'peer',
  PEER_BAD_SHAPE: 'peer',
  PEER_WRONG_SECRET: 'peer',
  PEER_TOO_LARGE: 'peer',
  PEER_IMAGE_CUT: 'peer',
  PEER_TLS: 'peer',
  PEER_TIMEOUT: 'peer',
  PEER_TOO_SLOW: 'peer',
  PEER_TOO_MANY: 'peer',
  PEER_NOT_FOUND: 'peer',
  PEER_GONE: 'peer',
  INTERNAL: 'gateway',
} as const satisfies Record<string, 'call' | 'configuration' | 'environment' | 'peer' | 'gateway'>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error with a stable code. The message is one sentence for a person: what is wrong, where, and what to do. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  /** Whose fault it is: of the call of the command, the configuration's, the environment's, the peer's, or the gateway's own. */
  readonly fault: (typeof ERROR_CODES)[ErrorCode];

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'GatewayError';
    this.code = code;
    this.fault = ERROR_CODES[code];
  }
}
