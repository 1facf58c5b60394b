import { textBytes, variableBytes, writeLong, writeShort, writeText, writeVariable } from './put.ts';

/** Gathers properties, one behind the other, for packets that are written seldom. */
export class PropertyWriter {
  #bytes = 0;
  readonly #parts: Buffer[] = [];

  /** One byte: a number, or yes and no. */
  byte(id: number, value: number | boolean | undefined): void {
    if (value !== undefined) this.#add(Buffer.from([id, Number(value)]));
  }

  short(id: number, value: number | undefined): void {
    if (value === undefined) return;
    const part = this.#part(id, 2);
    writeShort(part, 1, value);
  }

  long(id: number, value: number | undefined): void {
    if (value === undefined) return;
    const part = this.#part(id, 4);
    writeLong(part, 1, value);
  }

  text(id: number, value: string | undefined): void {
    if (value === undefined) return;
    const bytes = textBytes(value);
    writeText(this.#part(id, 2 + bytes), 1, value, bytes);
  }

  pair(id: number, [name, value]: readonly [string, string]): void {
    const nameBytes = textBytes(name);
    const valueBytes = textBytes(value);
    const part = this.#part(id, 4 + nameBytes + valueBytes);
    writeText(part, writeText(part, 1, name, nameBytes), value, valueBytes);
  }

  binary(id: number, value: Buffer | undefined): void {
    if (value === undefined) return;
    const part = this.#part(id, 2 + value.length);
    part.set(value, writeShort(part, 1, value.length));
  }

  /** All of them, without their length. */
  toBuffer(): Buffer {
    return Buffer.concat(this.#parts, this.#bytes);
  }

  /** All of them, their length before them. */
  withLength(): Buffer {
    const length = Buffer.allocUnsafe(variableBytes(this.#bytes));
    writeVariable(length, 0, this.#bytes);
    return Buffer.concat([length, ...this.#parts]);
  }

  #part(id: number, valueBytes: number): Buffer {
    const part = Buffer.allocUnsafe(1 + valueBytes);
    part[0] = id;
    this.#add(part);
    return part;
  }

  #add(part: Buffer): void {
    this.#parts.push(part);
    this.#bytes += part.length;
  }
}
