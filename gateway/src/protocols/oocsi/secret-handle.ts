/**
 * The handle of a client that proves itself by it: `name:secret`, as it wrote it. Nobody else may see that, but its library may take all of
 * it for the client's name: it subscribes to it, sends to it, and announces it to others.
 */
export class SecretHandle {
  readonly #written: string;
  /** How JSON text has it, where that is another way, else ''; made when it is first asked for. */
  #escaped: string | undefined;
  readonly #id: string;
  /** What the client looks for messages to itself under. */
  #address: string | undefined;
  #isAsked = false;

  /** `isAddress`: see `address`. */
  constructor(written: string, id: string, isAddress: boolean) {
    this.#written = written;
    this.#id = id;
    this.#address = isAddress ? written : undefined;
  }

  /** What the client is welcomed as: Java's library wants to read what it wrote. */
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
    // Asked for each message, hardly any of which has it: to look for it costs less than to replace it.
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
    // All before the colon, an account included.
    this.#address = this.#written.slice(0, this.#written.indexOf(':'));
  }
}

function escapedIn(written: string): string {
  const escaped = JSON.stringify(written).slice(1, -1);
  return escaped === written ? '' : escaped;
}
