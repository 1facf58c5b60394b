import type { z } from 'zod';
import type { Problem } from './problems.ts';

/** Where a listener is to open. */
export interface ConfiguredAddress {
  host: string;
  /** Undefined where the configuration names none. */
  port?: number | undefined;
  /** Its port for TLS, which is open only where there is a certificate. */
  tlsPort?: number | undefined;
}

/** A part of the configuration that a protocol brings: one key at the top with keys of its own below. */
export interface ConfigSection<Key extends string = string, Schema extends z.ZodType = z.ZodType> {
  /** Its name in the file, and the beginning of its flags: `oocsi` makes `--oocsi-port`. */
  readonly key: Key;
  /**
   * A strict object that may be left out (`prefault`) with one line of help (`describe`) for itself and for each key, made of
   * config/fields.ts.
   */
  readonly schema: Schema;
  /** Where anyone may come in, which is checked against `auth` and the other listeners; undefined where it stays closed. */
  address?(section: z.infer<Schema>): ConfiguredAddress | undefined;
  /** What no single key of the section shows to be wrong. */
  problems?(section: z.infer<Schema>): Problem[];
  /** How many bytes of messages it may have to write when the disk is full of files. */
  keptBytes?(section: z.infer<Schema>): number;
}

/** What a configuration says in the section of this key. */
export function sectionValues(config: object, key: string): unknown {
  return (config as Readonly<Record<string, unknown>>)[key];
}

/** How many bytes of messages all of them may have to write when the disk is full of files. */
export function keptBytesOf(sections: readonly ConfigSection[], config: object): number {
  return sections.reduce((sum, section) => sum + (section.keptBytes?.(sectionValues(config, section.key)) ?? 0), 0);
}

/** A section with its exact types. */
export function defineSection<Key extends string, Schema extends z.ZodType>(
  section: ConfigSection<Key, Schema>,
): ConfigSection<Key, Schema> {
  return section;
}
