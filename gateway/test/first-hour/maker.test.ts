import { FreshClone } from '@crosscomm/testing/fresh-clone';
import { startGateway } from '@crosscomm/testing/newcomer';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type AvrBoard, startBoard } from '../../../hil-tests/support/avr-board.ts';

// A maker with an Arduino on USB: a sketch of one's own that hears and is heard, in at most ten minutes of typing.

// Several programs start one after the other, on a machine that runs everything else at once.
vi.setConfig({ testTimeout: 180_000 });

let clone: FreshClone;
let board: AvrBoard | undefined;
beforeAll(() => {
  clone = new FreshClone({ isBuilt: true });
});
afterEach(async () => {
  await clone.closeTerminals();
  await board?.unplug();
});
afterAll(() => clone.dispose());

/** Plugs a board with this sketch in, its port in crosscomm.yaml as the README shows it; how the command finds the gateway. */
async function plugIn(sketch: string, text: string): Promise<string> {
  clone.write(`${sketch}/${sketch}.ino`, text);
  board = await startBoard({ sketch: `${clone.folder}/${sketch}` });
  const port = clone.tells('README.md', '- { path: /dev/ttyACM0, name: uno }').replace('/dev/ttyACM0', board.path);
  clone.write('crosscomm.yaml', `serial:\n  ports:\n    ${port}\n`);
  const table = await startGateway(clone);
  const [, url = ''] = await table.see(/Listen +npm run crosscomm -- listen (--url \S+)/);
  return url;
}

/** Sends, again and again as long as the board is not there yet. */
async function send(command: string): Promise<void> {
  const terminal = clone.type(`until ${command} | tee /dev/tty | grep -q heard; do :; done`);
  expect(await terminal.ended()).toBe(0);
  expect(terminal.shown).toMatch(/Sent to \S+: 1 heard it/);
}

test('a maker takes the first sketch of the library, and switches its LED from a computer', async () => {
  const page = 'device-sdk/arduino/README.md';
  const url = await plugIn('my-lamp', clone.sample(page, 'cpp'));
  await send(`${clone.tells(page, 'npm run crosscomm -- send lamp true')} ${url}`);
  await board?.waitForPin('LED', 1);
});

const PRINTS_AND_LISTENS = `void setup() {
  Serial.begin(115200);
  pinMode(LED_BUILTIN, OUTPUT);
}

void loop() {
  Serial.println("hello from my board");
  if (Serial.readStringUntil('\\n') == "on") digitalWrite(LED_BUILTIN, HIGH);
}
`;

test('a maker with nothing but Serial.println is heard, and hears', async () => {
  const url = await plugIn('my-lines', PRINTS_AND_LISTENS);
  const ear = clone.type(`${clone.tells('README.md', 'npm run crosscomm -- listen')} ${url}`);
  await ear.see(/uno .*hello from my board/);
  await send(`npm run crosscomm -- send uno on ${url}`);
  await board?.waitForPin('LED', 1);
});
