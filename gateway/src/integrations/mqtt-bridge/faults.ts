/** Whose fault it is: the way to the broker, or what the broker says to this bridge. */
export type FaultKind = 'unreachable' | 'refused';

/** Why there is no connection: `message` is a sentence for a person, without its full stop, that says what to do where that is known. */
export class BridgeFault extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export const NOT_FOR_BRIDGES = 'it does not know what a bridge of MQTT 3.1.1 is';

/** What return codes of MQTT 3.1.1 and reason codes of MQTT 5 mean, by number. */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'it does not speak this version of MQTT: set protocolVersion to the other one',
  2: 'it does not want this client id: set clientId',
  3: 'it says that it is not available now',
  4: 'the user name or the password is wrong: look at username and passwordFile',
  5: 'it does not let this bridge in: look at username and passwordFile, and at what it allows this user',
  132: 'it does not speak MQTT 5: set protocolVersion to 4',
  133: 'it does not want this client id: set clientId',
  134: 'the user name or the password is wrong: look at username and passwordFile',
  135: 'it does not let this bridge in: look at username and passwordFile, and at what it allows this user',
  136: 'it says that it is not available now',
  137: 'it says that it is busy',
  138: 'it has banned this client',
  140: 'it wants another way to authenticate than a user name and a password',
  142: 'another client has the same client id: give each bridge its own with clientId',
  144: 'it does not take the topic of the last will: set another statusTopic',
  149: 'a packet was too large for it',
  151: 'it says that a quota is used up',
  154: 'it retains nothing: leave out statusTopic, and set retained to false',
  155: 'it does not take this QoS',
  157: 'it says that another server should be used',
  159: 'there were too many connections in a short time',
};

/** What a broker says by a code. `said`: its own words, if any. */
export function refusal(code: number, said: string | undefined): BridgeFault {
  const known = REFUSALS[code];
  const what = known ?? `it refuses with the code ${code}`;
  const isPassing = [3, 136, 137, 139, 151, 157, 159].includes(code);
  return new BridgeFault(
    isPassing ? 'unreachable' : 'refused',
    said ? `${what} (it says: ${said.slice(0, 200)})` : what,
  );
}

const CERTIFICATES: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself: name it in tls.authorityFile',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known here: name the authority’s certificate in tls.authorityFile',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its authority is not known here: name the authority’s certificate in tls.authorityFile',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its authority is not known here: name the authority’s certificate in tls.authorityFile',
  CERT_HAS_EXPIRED: 'its certificate has expired; or the clock of this machine is wrong',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; or the clock of this machine is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name: use in url the name that the certificate has',
  CERT_SIGNATURE_FAILURE: 'its certificate is not signed by the authority in tls.authorityFile',
};

const WAYS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no host of this name: look at url',
  EAI_AGAIN: 'the name of its host cannot be looked up: look at url, and at the network',
  ECONNREFUSED: 'nothing listens there: look whether it runs, and at the port in url',
  EHOSTUNREACH: 'there is no way to its host: look at url, and at the network',
  ENETUNREACH: 'there is no way to its network',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'it broke the connection',
  EPIPE: 'it broke the connection',
  EPROTO: 'it does not speak TLS at this port: look at url',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS at this port: look at url',
};

/** What an error of a connection means; undefined: the connection was closed without a word. */
export function faultOf(error: Error | undefined): BridgeFault {
  if (error instanceof BridgeFault) return error;
  if (error === undefined) return new BridgeFault('unreachable', 'it closed the connection');
  const { code = '', path } = error as NodeJS.ErrnoException;
  const certificate = CERTIFICATES[code];
  if (certificate !== undefined) return new BridgeFault('refused', certificate);
  // A file of the configuration, such as that of the password.
  if (path !== undefined) return new BridgeFault('refused', `${path} cannot be read (${code})`);
  const way = WAYS[code];
  if (way !== undefined) return new BridgeFault(code === 'EPROTO' ? 'refused' : 'unreachable', way);
  return new BridgeFault('unreachable', error.message.replace(/\.$/, '') || code);
}
