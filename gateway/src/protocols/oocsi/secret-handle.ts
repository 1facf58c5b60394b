/**
 * The handle of a client that proves itself by it: `name:secret`, as it wrote it. Nobody else may see that, but its library may take all of
 * it for the client's name: it subscribes to it, sends to it, and announces it to others.
 */
export class SecretHandle {
  readonly #written: string;
  /** The handle as JSON text writes it, if that differs, else ''; made when first needed. */
  #escaped: string | undefined;
  readonly #id: string;
  /** The recipient by which the client recognises messages to itself. */
  #address: string | undefined;
  #isAsked = false;

  /** `isAddress`: see `address`. */
  constructor(written: string, id: string, isAddress: boolean) {
    this.#written = written;
    this.#id = id;
    this.#address = isAddress ? written : undefined;
  }

  /** The name in the welcome line: the Java library expects what it sent. */
  get written(): string {
    return this.#written;
  }

  /** What messages to the client itself are addressed to; undefined: its id, as everybody else's. */
  get address(): string | undefined {
    return this.#address;
  }

  /** What the client sent, with its id in place of its handle. */
  hide(text: string): string {
    this.#escaped ??= escapedIn(this.#written);
    const isPlain = this.#escaped === '';
    // Called for each message, and hardly any contains it: searching costs less than replacing.
    if (!text.includes(this.#written) && (isPlain || !text.includes(this.#escaped))) return text;
    const hidden = text.replaceAll(this.#written, this.#id);
    return isPlain ? hidden : hidden.replaceAll(this.#escaped, this.#id);
  }

  isWritten(address: string): boolean {
    return address === this.#written;
  }

  /**
   * The client has subscribed to what it wrote. True where it is to be asked what it is: libraries in Python look for what they subscribed
   * to, Java's for what stands before the colon, and only the latter answers a line that says nothing.
   */
  subscribed(): boolean {
    const isFirst = !this.#isAsked && this.#address === undefined;
    this.#isAsked = isFirst;
    this.#address = this.#written;
    return isFirst;
  }

  /** The question is over: a ping is on its way, which all answer. */
  pinged(): void {
    this.#isAsked = false;
  }

  /** The client said that it is there. */
  ponged(): void {
    if (!this.#isAsked) return;
    this.#isAsked = false;
    // The text before the colon, including an account.
    this.#address = this.#written.slice(0, this.#written.indexOf(':'));
  }
}

function escapedIn(written: string): string {
  const escaped = JSON.stringify(written).slice(1, -1);
  return escaped === written ? '' : escaped;
}
