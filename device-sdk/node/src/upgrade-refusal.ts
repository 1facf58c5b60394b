/** The largest answer in HTTP that is read for its reason, in characters. */
const MAX_BODY_LENGTH = 16 * 1024;

/** A gateway that answered and opened no WebSocket. The code is its own, such as `PEER_NOT_ALLOWED`; the message says why. */
export class UpgradeRefusal extends Error {
  /** The gateway's error code. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Why a gateway does not open a WebSocket, from the body of its answer in HTTP (ws: `unexpected-response`); undefined where it is none of
 * a gateway's. Never rejects.
 */
export async function refusalIn(body: AsyncIterable<unknown>): Promise<UpgradeRefusal | undefined> {
  try {
    let text = '';
    for await (const chunk of body) {
      text += chunk;
      if (text.length > MAX_BODY_LENGTH) return undefined;
    }
    const { code, message } = (JSON.parse(text) as { error: Record<string, unknown> }).error;
    return typeof code === 'string' && typeof message === 'string' ? new UpgradeRefusal(code, message) : undefined;
  } catch {
    return undefined;
  }
}
