import { diskReserveBytes } from '../config/disk-reserve.ts';
import { ConfigForm } from '../config/form.ts';
import * as load from '../config/load.ts';
import type { Origins } from '../config/origins.ts';
import type { ConfigWith } from '../config/schema.ts';
import { type ConfigSection, keptBytesOf } from '../config/section.ts';
import { type ProtocolSection, protocols } from './protocols.ts';

export type { ConfigProblem, ConfigSources, Override } from '../config/load.ts';

/** The whole configuration, every default filled in. `crosscomm.example.yaml` explains each key. */
export type Config = ConfigWith<ProtocolSection>;

/** What the configuration of a gateway may say that speaks these protocols. */
export function configFormOf(definitions: readonly { section?: ConfigSection }[]): ConfigForm {
  return new ConfigForm(definitions.flatMap(({ section }) => (section ? [section] : [])));
}

/** What the configuration of this gateway may say. */
export const configForm = configFormOf(protocols) as ConfigForm<ProtocolSection>;

/** Types, defaults and bounds of all of it. */
export const configSchema = configForm.schema;

/** How many bytes of a disk of `diskBytes` are left free for messages: `diskReserveBytes` with all protocols of this gateway. */
export function reserveBytesOf(config: Config, diskBytes: number): number {
  return diskReserveBytes(config, keptBytesOf(configForm.sections, config), diskBytes);
}

/** As `loadConfig` of config/load.ts, with the sections of the protocols that this gateway speaks. */
export function loadConfig(sources: load.ConfigSources): Config {
  return load.loadConfig(configForm, sources);
}

/** The same, with where each value comes from. */
export function loadWithOrigins(sources: load.ConfigSources): { config: Config; origins: Origins } {
  return load.loadWithOrigins(configForm, sources);
}

/** As `checkConfig` of config/load.ts. */
export function checkConfig(file: string, cwd: string): load.ConfigProblem[] {
  return load.checkConfig(configForm, file, cwd);
}

/** As `parseConfigText` of config/load.ts. */
export function parseConfigText(text: string, name: string, cwd: string): Config {
  return load.parseConfigText(configForm, text, name, cwd);
}
