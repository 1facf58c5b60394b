/** A key of the configuration with its value, and where that comes from. */
export interface Setting {
  /** As the file has it: `http.port`. */
  key: string;
  value?: unknown;
  source: string;
  /** The file and its line, or the flag. */
  where?: string;
  help?: string;
}

/** What the environment is asked for; not what it answers. */
export interface Variable {
  name: string;
  isSet: boolean;
}

/** The file that the configuration comes from; undefined where nothing comes from any. */
export function fileOf(settings: readonly Setting[]): string | undefined {
  const where = settings.find(({ source, where: place }) => source === 'file' && place !== undefined)?.where;
  return where?.replace(/:\d+$/, '');
}

/** A key and its value as they are written in the file: each part of the key is a line, further to the right. */
export function asYaml({ key, value }: Pick<Setting, 'key' | 'value'>): string {
  const parts = key.split('.');
  // JSON is YAML.
  const text = value === undefined ? '' : ` ${JSON.stringify(value)}`;
  return parts
    .map((part, depth) => `${'  '.repeat(depth)}${part}:${depth === parts.length - 1 ? text : ''}`)
    .join('\n');
}

/** Settings by the first part of their keys, in their order. */
export function bySection(settings: readonly Setting[]): Map<string, Setting[]> {
  const sections = new Map<string, Setting[]>();
  for (const setting of settings) {
    const section = setting.key.split('.')[0] ?? setting.key;
    sections.set(section, [...(sections.get(section) ?? []), setting]);
  }
  return sections;
}

/** A value as a table shows it. */
export function shownValue(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A fingerprint as people compare it: `3F:09:...`. */
export function shownFingerprint(fingerprint: string): string {
  return fingerprint.toUpperCase().replace(/..(?=.)/g, '$&:');
}
