import type { Block } from './pages.ts';

/** Blocks that are not run, by page and beginning, with the reason. */
const NOT_RUN: readonly (readonly [page: string, beginning: string, reason: string])[] = [
  ['gateway/README.md', 'import { startGateway }', 'a gateway on the usual ports; server.test.ts starts one'],
  ['docs/access.md', 'mosquitto_sub -h gateway.local', 'a gateway with TLS; scenarios/tls.test.ts runs both'],
  ['docs/architecture.md', 'gateway/src/', 'a list of folders'],
  ['docs/bridges.md', 'max_queued_messages', 'lines of a configuration of mosquitto'],
  [
    'docs/cluster.md',
    'nats-server --jetstream',
    'goes on until it is stopped; integrations/nats/together.test.ts runs one',
  ],
  ['docs/discovery.md', 'crosscomm discover', 'wants a network; scenarios/discovery.test.ts runs it'],
  ['docs/files.md', 'PUT /objects/log.csv', 'a part of a request; upload-parts.test.ts makes such'],
  ['docs/files.md', 'client.sendFile(', 'a part of a program'],
  ['docs/files.md', 'new FrameClient(', 'a part of a program'],
  ['docs/flashing.md', 'crosscomm flash', 'wants boards; hil-tests/flash.test.ts flashes some'],
  ['docs/fleet.md', 'for host in', 'wants other machines'],
  ['docs/fleet.md', 'ssh "$host"', 'wants other machines'],
  ['docs/history.md', 'from oocsi', 'hears on until it is stopped; scenarios/oocsi-python.test.ts hears the past'],
  ['docs/history.md', 'mosquitto_sub', 'goes on until it is stopped; scenarios/oocsi-python.test.ts hears the past'],
  ['docs/history.md', 'curl', 'the second goes on until it is stopped; scenarios/oocsi-python.test.ts reads both'],
  ['docs/images.md', 'GET /objects/KEY', 'a part of a request; images.test.ts makes such'],
  ['docs/ota.md', 'crosscomm ota', 'wants a board; hil-tests/esp-ota.test.ts sends to one'],
  ['docs/ota.md', '#include <CrossComm.h>', 'a part of a sketch; hil-tests/host/sketches/esp-ota is a whole one'],
  ['docs/osc.md', 'out = op(', 'TouchDesigner runs it'],
  ['docs/record.md', 'crosscomm record', 'goes on for minutes; scenarios/record.test.ts runs it'],
  ['docs/record.md', 'crosscomm replay', 'wants a recording; scenarios/record.test.ts runs it'],
  ['docs/record.md', '1  knob', 'what it prints; scenarios/record.test.ts reads it'],
  [
    'docs/shapes.md',
    '#include <CrossComm.h>',
    'wants the header that is written; hil-tests/generated.test.ts runs such a sketch',
  ],
  ['docs/shapes.md', 'CHANNEL    FIELD', 'what it prints; cli/shapes.test.ts reads such'],
  ['docs/simulator.md', '2 devices to', 'what the simulator prints'],
  ['docs/trace.md', '12:03:04.120', 'what it prints; scenarios/trace.test.ts compares it'],
];

/** Languages that are not run, with the reason. */
const NOT_RUN_LANGUAGES: Record<string, string> = {
  java: 'the OOCSI library for Java and Processing, and oscP5, are in no registry',
  py: 'MicroPython on a board; device-sdk/python/test/micropython.test.ts runs the client in MicroPython',
  conf: 'a configuration of nats-server; integrations/nats/three-servers.test.ts starts three with it',
  pd: 'a patch for Pure Data; scenarios/osc.test.ts runs it',
};

/** Commands of a shell that are not run, with the reason. */
const NOT_RUN_COMMANDS: Record<string, string> = {
  sudo: 'changes the machine',
  systemctl: 'wants the service',
  journalctl: 'wants the service',
  git: 'this is the clone',
  'npm install': 'client-package.test.ts runs it',
  'npm run package': 'npm run package:test makes, installs and uses them',
  podman: 'wants a container engine',
  'npm run pack:client': 'client-package.test.ts runs it',
  python: 'a service of a sketch; esp-button.test.ts runs it',
  oscdump: 'hears what the line after it asks for; scenarios/osc.test.ts runs it',
  'npm run crosscomm -- setup': 'asks at a terminal; cli/setup.test.ts runs it',
  'npm start': 'runs for ever on the usual ports; npm-start.test.ts and others run it',
  mpremote: 'wants a board',
  'arduino-cli': 'downloads itself and its cores',
  javac: 'wants the OOCSI library, which is in no registry',
  java: 'wants the OOCSI library, which is in no registry',
  'python3 -m venv': 'npm test makes one',
  '.': 'npm test makes one',
  'ls -l /dev/serial': 'there are no boards',
};

/** Commands that are run. Those that do not end are run until they print what is said meanwhile. */
const RUN = [
  'oscsend',
  'rclone',
  'curl',
  'mosquitto_pub',
  'mosquitto_sub',
  'mosquitto_rr',
  'crosscomm',
  'npm run',
  'make',
  'mkdir',
  'tar',
  'ln',
  'eval',
  'export',
];
const RUN_TOO = [
  /^\w+=/,
  /^--reading /,
  /^node --version$/,
  /^hash -r && node --version$/,
  /^\.cache\/avr\/simavr-pty /,
];

export type Fate = 'run' | 'pip' | { reason: string };

const isCalled = (line: string, command: string): boolean => line === command || line.startsWith(`${command} `);

/** What becomes of a line of a shell. Throws where nobody has decided. */
export function fateOfLine(page: string, line: string): Fate {
  if (line.startsWith('pip install ')) return 'pip';
  const command = Object.keys(NOT_RUN_COMMANDS).find((each) => isCalled(line, each) || line.startsWith(`${each}/`));
  if (command !== undefined) return { reason: NOT_RUN_COMMANDS[command] ?? '' };
  if (RUN.some((each) => isCalled(line, each)) || RUN_TOO.some((pattern) => pattern.test(line))) return 'run';
  throw new Error(
    `${page} has a line that nobody has decided about: "${line}". Have it run, or say why it cannot be, in gateway/test/docs/decisions.ts.`,
  );
}

/** Why a block is not run, or undefined where it is. */
export function reasonNotToRun({ page, language, text, first }: Block): string | undefined {
  if (language === 'cpp' && !/^#include[\s\S]*^void setup\(\)[\s\S]*^void loop\(\)/m.test(text))
    return 'a part of a sketch';
  const listed = NOT_RUN.find(([where, beginning]) => where === page && first.startsWith(beginning));
  return listed?.[2] ?? NOT_RUN_LANGUAGES[language];
}

/** Entries of the list above whose block is gone. */
export function forgotten(blocks: readonly Block[]): string[] {
  return NOT_RUN.filter(
    ([page, beginning]) => !blocks.some((block) => block.page === page && block.first.startsWith(beginning)),
  ).map(([page, beginning]) => `${page}: ${beginning}`);
}
