import { z } from 'zod';
import { type ConfigKey, keysBelow, nodeBelow, type Path, type SchemaNode } from './keys.ts';
import { type ConfigWith, composeSchema } from './schema.ts';
import type { ConfigSection } from './section.ts';

/** What a configuration may say: the gateway's own sections, and those of its protocols. */
export class ConfigForm<Sections extends ConfigSection = ConfigSection> {
  readonly schema: z.ZodType<ConfigWith<Sections>>;
  readonly sections: readonly Sections[];
  #root: SchemaNode | undefined;

  constructor(sections: readonly Sections[]) {
    this.sections = sections;
    this.schema = composeSchema(sections);
  }

  /** The schema as JSON Schema, made once, where it is needed. */
  get root(): SchemaNode {
    this.#root ??= z.toJSONSchema(this.schema, { io: 'input' }) as SchemaNode;
    return this.#root;
  }

  /** The schema of the value at `path`, or undefined where there is no such key. A number in the path is a list's index. */
  nodeAt(path: Path): SchemaNode | undefined {
    return nodeBelow(this.root, path);
  }

  /** Every key that holds a value, in the schema's order; lists are one key, their entries none. */
  keys(): ConfigKey[] {
    return keysBelow(this.root);
  }
}
