import type { Command } from 'commander';

/** The help of flags that several commands have. */
export const CONFIG_HELP = 'the configuration in YAML (crosscomm.yaml in this folder, where there is one)';
const URL_HELP = 'the gateway: HOST, HOST:PORT or a URL (CROSSCOMM_URL, or ws://127.0.0.1:9898)';

/** A flag that may be given several times. */
export function gather(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** The flags that say which gateway of this machine is meant. */
export function addPlaceFlags(command: Command): Command {
  return command.option('-c, --config <file>', CONFIG_HELP).option('--data-dir <folder>', "the gateway's data folder");
}

/** The flags that say which gateway is meant, here or elsewhere. */
export function addReachFlags(command: Command): Command {
  return addPlaceFlags(command.option('--url <url>', URL_HELP));
}
