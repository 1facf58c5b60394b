import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { decodeFrame, type Encodable, encodeFrame, type FrameInit, valueToJsonText } from '@crosscomm/protocol';

const run = promisify(execFile);

const ROOT = resolve(import.meta.dirname, '../../../..');
const BUILD = join(ROOT, '.cache/language');
const LIBRARY = join(ROOT, 'device-sdk/arduino/src');
const HOST = join(ROOT, 'hil-tests/host');
const AVR = '/usr/share/arduino/hardware/arduino/avr';

/** A compiler as a board's core calls it, without making anything of what it reads. */
export interface Compiler {
  name: string;
  command: string;
  flags: string[];
}

const HOST_FLAGS = ['-S', '-o', '/dev/null', '-DARDUINO=10819', `-I${HOST}/core`, `-I${LIBRARY}`];
const WARNINGS = ['-Wall', '-Wextra', '-Woverloaded-virtual', '-Werror'];

export const AVR_COMPILER: Compiler = {
  name: 'avr-gcc',
  command: 'avr-g++',
  flags: [
    ...['-S', '-o', '/dev/null', '-std=gnu++11', '-fpermissive', '-Os', '-mmcu=atmega2560', '-DF_CPU=16000000L'],
    ...['-DARDUINO=10819', `-I${AVR}/cores/arduino`, `-I${AVR}/variants/mega`, `-I${LIBRARY}`],
  ],
};
export const HOST_COMPILER: Compiler = {
  name: "this computer's",
  command: 'g++',
  flags: [...HOST_FLAGS, ...WARNINGS, '-std=gnu++11', '-DESP32'],
};

/** The lx106's compiler comes without the standard library, which the real core has: this computer's headers do as well. */
export async function lx106Compiler(standard: string): Promise<Compiler> {
  const ask = async (question: string): Promise<string> => (await run('g++', [question])).stdout.trim();
  const [version, machine] = [await ask('-dumpversion'), await ask('-print-multiarch')];
  const shim = join(BUILD, 'shim');
  await mkdir(shim, { recursive: true });
  await writeFile(join(shim, 'features.h'), '#define __GLIBC_PREREQ(major, minor) 0\n');
  const folders = [`/usr/include/c++/${version}`, `/usr/include/${machine}/c++/${version}`];
  const libc = ['--specs=/usr/lib/xtensa-lx106-elf/picolibc.specs', `-I${shim}`];
  const core = ['-mlongcalls', '-fno-exceptions', '-fno-rtti', '-Os', `-std=${standard}`, '-DESP8266'];
  return {
    name: `the lx106's, ${standard}`,
    command: 'xtensa-lx106-elf-g++',
    flags: [...HOST_FLAGS, ...WARNINGS, ...libc, ...core, ...folders.flatMap((folder) => ['-isystem', folder])],
  };
}

function bytesOf(frame: FrameInit): string {
  return [...encodeFrame(frame)].join(',');
}

const LIMITS = { maxFrame: 1024, window: 1024, maxAliases: 8, maxKeys: 8 };
const FRAMES: FrameInit[] = [
  { type: 'welcome', version: 1, session: 9, lastSeq: 0, serverTime: 0, timeTrusted: false, limits: LIMITS },
  { type: 'alias', alias: 0 },
];

/** A sketch with each piece of code in a handler of its own, which gets `value` as its message on the channel `lab`. */
export function sketchOf(codes: readonly string[], value: Encodable, globals: string): string {
  const frames = [...FRAMES, { type: 'message', to: 'lab', value, from: 'python' } as FrameInit];
  return `#include <Arduino.h>
#include <CrossComm.h>
#include <CrossCommWebSocket.h>
#include <CrossCommMqtt.h>
#ifndef __AVR__
#include <string>
#endif

${frames.map((frame, i) => `const uint8_t FRAME_${i}[] PROGMEM = {${bytesOf(frame)}};`).join('\n')}

struct Recorder : crosscomm::Transport {
  void begin(const char *, uint8_t *bytes, size_t) override { buffer = bytes; }
  bool open(uint32_t) override { return true; }
  void close() override {}
  bool hasRoomFor(size_t) override { return true; }
  void beginFrame(size_t) override { Serial.print(F("=")); }
  void put(uint8_t byte) override {
    Serial.print(byte >> 4, HEX);
    Serial.print(byte & 15, HEX);
  }
  void endFrame() override { Serial.println(); }
  size_t receive(const uint8_t *&frame) override {
    const size_t taken = length;
    for (size_t i = 0; i < taken; i++) buffer[i] = pgm_read_byte(next + i);
    frame = buffer;
    length = 0;
    return taken;
  }
  uint8_t *buffer;
  const uint8_t *next = nullptr;
  size_t length = 0;
} recorder;

CrossComm<512, 512> cc;
${globals}
${codes.map((code, i) => `void row${i}(const CrossCommMessage &message) {\n  (void)message;\n#line ${i + 1} "rows"\n${code}\n}`).join('\n')}
void (*const ROWS[])(const CrossCommMessage &) = {${codes.map((_, i) => `row${i}`).join(', ')}};
int at = 0;
void onRow(const CrossCommMessage &message) { ROWS[at](message); }

void feed(const uint8_t *frame, size_t length) {
  recorder.next = frame;
  recorder.length = length;
  cc.loop();
}

void setup() {
  Serial.begin(115200);
  // A byte that comes before this is lost, as on every board: so it asks.
  for (uint8_t i = 0; Serial.available() == 0; i++) {
    if (i % 64 == 0) Serial.println(F("?"));
    delay(1);
  }
  cc.begin("me", recorder);
  cc.on("lab", onRow);
  cc.loop();
  feed(FRAME_0, sizeof FRAME_0);
  cc.loop();
  feed(FRAME_1, sizeof FRAME_1);
  for (at = 0; at < ${codes.length}; at++) {
    Serial.print(F("#"));
    Serial.println(at);
    feed(FRAME_2, sizeof FRAME_2);
    delay(1);
  }
  Serial.println(F("#end"));
}
void loop() { delay(1); }
`;
}

/** Writes the sketch as the Arduino IDE wants it, and returns its folder. What has not changed keeps its time. */
export async function writeSketch(name: string, text: string): Promise<string> {
  const folder = join(BUILD, name);
  const path = join(folder, `${name}.ino`);
  await mkdir(folder, { recursive: true });
  if ((await readFile(path, 'utf8').catch(() => '')) !== text) await writeFile(path, text);
  return folder;
}

/** What a frame says, as a line: the channel and the value as JSON. Frames of the session itself say nothing. */
function said(hex: string): string[] {
  const frame = decodeFrame(Buffer.from(hex, 'hex'));
  if (frame.type === 'message') return [`${frame.to === 0 ? 'lab' : frame.to} ${valueToJsonText(frame.value)}`];
  if (frame.type === 'log') return [`log ${frame.text}`];
  if (frame.type === 'call') return [`call ${frame.to}.${frame.function} ${valueToJsonText(frame.args)}`];
  return [];
}

/** What each row printed and sent, from all that the sketch printed. */
export function outcomes(output: string): string[] {
  const rows = output.replaceAll('\r', '').split(/^#/m).slice(1);
  const row = (text: string): string[] =>
    text
      .split('\n')
      .slice(1, -1)
      .flatMap((line) => (line.startsWith('=') ? said(line.slice(1)) : [line]));
  return rows.slice(0, -1).map((text) => row(text).join(' | '));
}

/** Compiles without linking. Resolves with what the compiler complained about. */
export async function complaints({ command, flags }: Compiler, path: string): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C' };
  const args = [...flags, '-x', 'c++', path];
  return await run(command, args, { env, maxBuffer: 1 << 26 }).then(
    ({ stderr }) => stderr,
    (error: Error & { stderr?: string }) => error.stderr ?? error.message,
  );
}

/** What is wrong with each row: the errors' texts, by the row's number. */
export function errorsByRow(complaint: string): Map<number, string[]> {
  const errors = new Map<number, string[]>();
  let row = -1;
  for (const line of complaint.split('\n')) {
    const place = /^rows:(\d+):/.exec(line) ?? /^In file included from rows:(\d+)/.exec(line);
    if (place !== null) row = Number(place[1]) - 1;
    const error = / error: (.*)/.exec(line)?.[1];
    if (error === undefined || row < 0) continue;
    errors.set(row, [...(errors.get(row) ?? []), error.replace('static assertion failed: ', '')]);
  }
  return errors;
}
