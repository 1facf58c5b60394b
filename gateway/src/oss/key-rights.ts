import type { AccessKey } from './access-keys.ts';
import { OssError } from './oss-error.ts';

/** What the account of an access key may do now, which may change while a request takes long. */
export interface AccountRights {
  /** False once the account is gone, or its time is over. */
  isValid(): boolean;
  mayRead(key: string): boolean;
  /** Whether there may be a key with this beginning that it may read. */
  mayReadBelow(prefix: string): boolean;
  mayUpload(key: string): boolean;
  /** Takes so many bytes of what it may upload; or takes nothing, and answers why. */
  spend(bytes: number): string | undefined;
  /** Call it when the request is over. */
  close(): void;
}

/** What a request may do: what the account of its access key may do, below the key's prefix. A key without an account may do everything. */
export class KeyRights {
  readonly account: string | undefined;
  readonly prefix: string;
  readonly #rights: AccountRights | undefined;

  constructor({ account, prefix = '' }: Pick<AccessKey, 'account' | 'prefix'>, rights: AccountRights | undefined) {
    this.account = account;
    this.prefix = prefix;
    this.#rights = rights;
  }

  close(): void {
    this.#rights?.close();
  }

  get isValid(): boolean {
    return this.#rights?.isValid() ?? true;
  }

  /** Whether it may read every object there is, so that nothing need be looked at. */
  get readsAll(): boolean {
    return this.prefix === '' && (this.#rights?.mayReadBelow('') ?? true);
  }

  mayRead(key: string): boolean {
    return key.startsWith(this.prefix) && (this.#rights?.mayRead(key) ?? true);
  }

  mayUpload(key: string): boolean {
    return key.startsWith(this.prefix) && (this.#rights?.mayUpload(key) ?? true);
  }

  /** Whether a common prefix of keys may be known of. */
  mayReadBelow(prefix: string): boolean {
    const isNear = prefix.startsWith(this.prefix) || this.prefix.startsWith(prefix);
    return isNear && (this.#rights?.mayReadBelow(prefix) ?? true);
  }

  /** Whether a multipart upload belongs to the same account; others are treated as if they did not exist. */
  owns({ key, account }: { key: string; account?: string | undefined }): boolean {
    return this.account === undefined || (account === this.account && key.startsWith(this.prefix));
  }

  /** Throws OssError AccessDenied. */
  checkRead(key: string): void {
    if (!this.mayRead(key)) throw accessDenied();
  }

  /** Throws OssError AccessDenied. */
  checkUpload(key: string): void {
    if (!this.mayUpload(key)) throw accessDenied();
  }

  /** The pieces of a body that is uploaded to `key`. Throws OssError AccessDenied where it may not be any more, or its quota is used up. */
  async *upload(key: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      if (!this.isValid) throw accessDenied();
      this.checkUpload(key);
      const over = this.#rights?.spend(piece.length);
      if (over !== undefined) throw new OssError(403, 'AccessDenied', `The upload was refused: ${over}.`);
      yield piece;
    }
  }
}

export function accessDenied(): OssError {
  return new OssError(403, 'AccessDenied', 'The account of this access key may not do this.');
}
