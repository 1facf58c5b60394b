import { GatewayError } from '../common/errors.ts';
import { GATEWAY_PORT } from '../common/gateway-address.ts';
import { isLoopback } from '../common/loopback.ts';
import { callOf } from './shell.ts';

const REFUSED = 'nothing listens there';
const NO_HTTP = 'what is there does not answer in HTTP';

/** Why a connection failed, by what Node's sockets, `ws` and `fetch` say of it. */
const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/ECONNREFUSED/, REFUSED],
  [/ENOTFOUND/, 'there is no such host'],
  [/EAI_AGAIN/, 'the name cannot be looked up'],
  [/EHOSTUNREACH|ENETUNREACH/, 'the host cannot be reached'],
  [/ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|TimeoutError|handshake has timed out/, 'it does not answer'],
  // Another protocol closes on a request of HTTP without an answer, or answers what is none.
  [/ECONNRESET|socket hang up|UND_ERR_SOCKET|HPE_|HTTPParserError|Parse Error/, NO_HTTP],
];

/** What OpenSSL says of a certificate whose authority it does not know, and how the client says it. */
const UNKNOWN_AUTHORITY = /SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)|authority of its certificate is not known/;

const OTHER_PROTOCOLS: Record<string, string> = { 1883: 'MQTT', 4444: 'OOCSI' };

/** That no gateway answers at `url`, and what to do. `reason` is half a sentence; what it does not say, `cause` does. */
export function unreachable(
  env: NodeJS.ProcessEnv,
  url: string,
  { reason, cause }: { reason?: string; cause?: unknown },
): GatewayError {
  if (UNKNOWN_AUTHORITY.test([reason, ...wordsOf(cause)].join(' '))) {
    const how = `make ca.crt on its machine with "${callOf(env, 'tls export -o ca.crt')}", and set NODE_EXTRA_CA_CERTS=ca.crt here`;
    return new GatewayError(
      'GATEWAY_UNREACHABLE',
      `The authority of the certificate at ${url} is not known here: ${how}.`,
      { cause },
    );
  }
  const why = reasonOf(reason, cause);
  const named = URL.canParse(url) ? new URL(url) : undefined;
  const host = named?.hostname.replace(/^\[|\]$/g, '') ?? '';
  const isElsewhere = host !== '' && !isLoopback(host);
  const hints = [
    `No gateway answers at ${url}${why === undefined ? '' : ` (${why})`}: start one${isElsewhere ? ' there' : ''} with "${callOf(env, 'start')}", or name another with --url.`,
    ...(named ? portHint(named, why) : []),
    ...(isElsewhere && why === REFUSED
      ? [
          'By itself a gateway listens on its own machine only: "http: {host: 0.0.0.0}" in its crosscomm.yaml lets others in.',
        ]
      : []),
  ];
  return new GatewayError('GATEWAY_UNREACHABLE', hints.join(' '), { cause });
}

/** What the port says of what was meant: it is that of HTTP in general, or of another of the gateway's protocols. */
function portHint({ protocol, port, hostname }: URL, why: string | undefined): string[] {
  if (protocol !== 'ws:' && protocol !== 'http:') return [];
  // Whoever leaves the port out means the gateway's own, which a URL does not.
  if (port === '') return [`This is port 80; a gateway's own is ${GATEWAY_PORT}: --url ${hostname}.`];
  if (why !== NO_HTTP || Number(port) === GATEWAY_PORT) return [];
  const other = OTHER_PROTOCOLS[port] ?? 'MQTT or OOCSI';
  return [
    `Port ${port} is perhaps a gateway's for ${other}; the one for HTTP and CrossComm is ${GATEWAY_PORT}: --url ${hostname}.`,
  ];
}

function reasonOf(reason: string | undefined, cause: unknown): string | undefined {
  const text = [reason, ...wordsOf(cause)].join(' ');
  return REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? (reason || undefined);
}

/** The codes and messages of an error and of what caused it: `fetch` wraps those of its socket. */
function wordsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { code = '' } = error as NodeJS.ErrnoException;
  return [code, error.name, error.message, ...wordsOf(error.cause)];
}
