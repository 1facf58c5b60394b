import type { Envelope } from '../envelope.ts';

/**
 * What gateways tell one another of the places where messages wait for clients, as messages of the stream of kept messages.
 *
 * `here`: from this message of the stream on, what is for the client is this gateway's matter. `over`: all that waited for it at this gateway is in
 * the stream before this. `nowhere`: nothing waits for it at this gateway any more.
 */
export interface Notice {
  readonly what: 'here' | 'over' | 'nowhere';
  readonly id: string;
  /** The account of the client; undefined: it is anonymous. */
  readonly account?: string | undefined;
}

/** No channel or client can be called so; gateways that know nothing of notices hand it to nobody. */
export const NOTICES = 'all';
const WHATS: ReadonlySet<unknown> = new Set<Notice['what']>(['here', 'over', 'nowhere']);

export function noticeMessage(notice: Notice, gateway: string, timestampMs: number): Envelope['message'] {
  return { from: gateway, to: NOTICES, kind: 'dict', body: JSON.stringify(notice), timestampMs };
}

/** undefined where the message is none, or one of a later version. */
export function readNotice({ body }: Pick<Envelope['message'], 'body'>): Notice | undefined {
  try {
    const { what, id, account } = JSON.parse(String(body)) as Partial<Record<keyof Notice, unknown>>;
    if (!WHATS.has(what) || typeof id !== 'string' || id === '') return undefined;
    if (account !== undefined && typeof account !== 'string') return undefined;
    return { what: what as Notice['what'], id, account };
  } catch {
    return undefined;
  }
}
