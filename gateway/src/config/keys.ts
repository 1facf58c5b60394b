/** The part of JSON Schema that the configuration's schema turns into. */
export interface SchemaNode {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly string[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  pattern?: string;
  properties?: Record<string, SchemaNode>;
  /** Of keys whose names are the writer's own; false where there are none. */
  additionalProperties?: SchemaNode | false;
  required?: readonly string[];
  items?: SchemaNode;
}

export type Path = readonly (string | number)[];

/** One key that holds a value, not a section of further keys. */
export interface ConfigKey {
  /** From the top: `['http', 'port']`. */
  path: readonly string[];
  node: SchemaNode;
}

/** The schema of the value at `path` below `root`, or undefined where there is no such key. A number in the path is a list's index. */
export function nodeBelow(root: SchemaNode, path: Path): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const step of path) {
    node =
      typeof step === 'number'
        ? node?.items
        : (own(node?.properties, step) ?? (node?.additionalProperties || undefined));
  }
  return node;
}

/** Every key below `node` that holds a value, in the schema's order; lists are one key, their entries none. */
export function keysBelow(node: SchemaNode, above: readonly string[] = []): ConfigKey[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = [...above, name];
    return child.properties ? keysBelow(child, path) : [{ path, node: child }];
  });
}

/** A path as a person writes it: `serial.ports[0].baudRate`. */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}

/** The value of an own property, so that a key called `constructor` finds nothing. */
export function own<T>(object: Record<string, T> | undefined, name: string): T | undefined {
  return object && Object.hasOwn(object, name) ? object[name] : undefined;
}
