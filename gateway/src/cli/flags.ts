import { type Command, Option } from 'commander';
import { configForm, type Override } from '../app/config.ts';
import type { ConfigForm } from '../config/form.ts';
import { type ConfigKey, pathText } from '../config/keys.ts';

/** The flag of a configuration key: `http.maxBodyBytes` is `--http-max-body-bytes`. */
export function flagOf(path: readonly string[]): string {
  const words = path.map((step) => step.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
  return `--${words.join('-')}`;
}

/** A key of the configuration as a flag. */
interface ConfigFlag {
  key: ConfigKey;
  options: Option[];
}

/** Every key that fits on a command line: all but lists of sections, which only a file can hold. */
function configFlags(form: ConfigForm): ConfigFlag[] {
  return form
    .keys()
    .filter(({ node }) => node.items?.properties === undefined)
    .map((key) => ({ key, options: optionsOf(key, headingOf(key, form)) }));
}

function optionsOf({ path, node }: ConfigKey, heading: string): Option[] {
  const flag = flagOf(path);
  const help = `${node.description}${standardOf(node.default)}`;
  if (node.type === 'boolean') {
    return [
      new Option(flag, help).helpGroup(heading),
      new Option(flag.replace('--', '--no-'), `turn this off`).helpGroup(heading),
    ];
  }
  return [new Option(`${flag} <${placeholder({ path, node })}>`, help).helpGroup(heading)];
}

function headingOf({ path }: ConfigKey, form: ConfigForm): string {
  if (path.length === 1) return 'Gateway:';
  const section = path.slice(0, 1);
  return `${pathText(section)}: ${form.nodeAt(section)?.description ?? ''}`;
}

function standardOf(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
  return ` (${value === true ? 'on' : value === false ? 'off' : String(value)})`;
}

function placeholder({ path, node }: ConfigKey): string {
  const name = path.at(-1) ?? '';
  if (node.type === 'array') return 'a,b';
  if (node.enum) return node.enum.join('|');
  if (node.type !== 'integer' && name.endsWith('File')) return 'file';
  if (node.type !== 'integer') return /dir/i.test(name) ? 'folder' : name;
  if (name.endsWith('Ms')) return 'ms';
  return name.endsWith('Bytes') ? 'bytes' : 'number';
}

/** Gives `command` a flag for each key of the configuration. */
export function addConfigFlags(command: Command, form: ConfigForm = configForm): void {
  for (const { options } of configFlags(form)) for (const option of options) command.addOption(option);
}

/** The keys that the command line gave, as it gave them. */
export function overridesFrom(command: Command): Override[] {
  return configFlags(configForm).flatMap(({ key, options: [option] }) => {
    const name = option?.attributeName() ?? '';
    if (command.getOptionValueSource(name) !== 'cli') return [];
    const value: unknown = command.getOptionValue(name);
    return [{ path: key.path, value: typed(key, value), flag: flagOf(key.path) }];
  });
}

/** Numbers and lists out of texts. What is no number stays a text, for the schema to refuse. */
function typed({ node }: ConfigKey, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (node.type === 'integer') return /^[+-]?\d+$/.test(value) ? Number(value) : value;
  if (node.type === 'array') return value.split(',').map((entry) => entry.trim());
  return value;
}
