import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { Float } from '@crosscomm/protocol';
import { SerialPort } from 'serialport';
import { afterEach, describe, expect, it } from 'vitest';
import { buildEspSketch } from '../../../hil-tests/host/esp-build.ts';
import { type AvrBoard, startBoard } from '../../../hil-tests/support/avr-board.ts';
import {
  AVR_COMPILER,
  type Compiler,
  complaints,
  errorsByRow,
  HOST_COMPILER,
  lx106Compiler,
  outcomes,
  sketchOf,
  writeSketch,
} from './language/program.ts';

/** The message that each row gets. */
const MESSAGE = new Map<string, unknown>([
  ['n', 42],
  ['neg', -7],
  ['f', 21.5],
  ['whole', new Float(20)],
  ['big', 5_000_000_000n],
  ['mode', 'slow'],
  ['key', 'a'],
  ['on', true],
  ['off', false],
  ['none', null],
  ['list', [1, 2, 3]],
  ['map', new Map([['r', 5]])],
]) as never;

const GLOBALS = `
enum Mode { Slow, Fast };
struct Settings { static const int PIN = 7; };
CrossCommVariable<long> level("house", "level", 5);
CrossCommVariable<float> target("house", "target", 20);
CrossCommVariable<bool> isOpen("house", "open");
volatile int pulses = 12;
char buffer[] = "typed";
uint8_t bytes[] = {1, 2, 255};
String room = "lab";
IPAddress address(192, 168, 1, 10);
void onOther(const CrossCommMessage &) {}
void onCall(const CrossCommCall &call, CrossCommBuilder &reply) { reply.field("sum", call.args["a"] + 1.5); }
void onReply(const CrossCommReply &reply) { if (reply.isOk()) Serial.println(reply.value); }
void show(const CrossCommValue &value) { Serial.println(value); }
`;

/** What a sketch writes, and what is sent and printed then. */
const ROWS: [code: string, outcome: string][] = [
  // Texts.
  ['cc.send("x", "hello");', 'x "hello"'],
  ['cc.send("x", String("hello"));', 'x "hello"'],
  ['String text = "hello"; cc.send("x", text);', 'x "hello"'],
  ['cc.send("x", String("a") + 1);', 'x "a1"'],
  ['cc.send("x", String());', 'x ""'],
  ['cc.send("x", buffer);', 'x "typed"'],
  ['char *text = buffer; cc.send("x", text);', 'x "typed"'],
  ['const char *const text = "hello"; cc.send("x", text);', 'x "hello"'],
  ['cc.send("x", F("hello"));', 'x "hello"'],
  ['cc.send("x", \'A\');', 'x "A"'],
  ['char c = \'z\'; cc.send("x", c);', 'x "z"'],
  ['char c = (char)0xE9; cc.send("x", c);', 'x "é"'],
  ['cc.send("x", buffer, 3);', 'x "typ"'],
  ['cc.send("x", digitalRead(7) == HIGH ? "on" : "off");', 'x "off"'],
  // Numbers.
  ['cc.send("x", true);', 'x true'],
  ['cc.send("x", 5 > 3);', 'x true'],
  ['cc.send("x", 21.5);', 'x 21.5'],
  ['cc.send("x", 0.1f);', 'x 0.1'],
  ['cc.send("x", (long double)21.5);', 'x 21.5'],
  ['byte b = 200; cc.send("x", b);', 'x 200'],
  ['int8_t i = -3; cc.send("x", i);', 'x -3'],
  ['cc.send("x", (short)-300);', 'x -300'],
  ['cc.send("x", 4000000000UL);', 'x 4000000000'],
  ['cc.send("x", -5000000000LL);', 'x -5000000000'],
  ['uint64_t u = 5000000000ULL; cc.send("x", u);', 'x 5000000000'],
  ['size_t size = 3; cc.send("x", size);', 'x 3'],
  ['cc.send("x", pulses);', 'x 12'],
  ['cc.send("x", Settings::PIN);', 'x 7'],
  ['cc.send("x", Fast);', 'x 1'],
  ['cc.send("x", analogRead(A0) * 0);', 'x 0'],
  // Bytes, and what has a form of its own.
  ['cc.send("x", bytes, sizeof bytes);', 'x "AQL/"'],
  ['const uint8_t *b = bytes; cc.send("x", b, 2);', 'x "AQI="'],
  ['cc.send("x", address);', 'x "192.168.1.10"'],
  ['cc.send("x", IPAddress(10, 0, 0, 1));', 'x "10.0.0.1"'],
  ['cc.send("x", level);', 'x 5'],
  ['cc.send("x", target);', 'x 20.0'],
  ['cc.send("x", isOpen);', 'x false'],
  ['cc.send("x", message.value["map"]);', 'x {"r":5}'],
  ['cc.send("x", message["list"]);', 'x [1,2,3]'],
  ['cc.send("x", message["nothing"]);', 'x null'],
  // Names.
  ['cc.send(String("lab/") + 1, 1);', 'lab/1 1'],
  ['cc.send(room + "/x", String("y"));', 'lab/x "y"'],
  ['cc.send(room, 2);', 'lab 2'],
  ['cc.send(buffer, 3);', 'typed 3'],
  ['cc.send(F("flash"), 4);', 'flash 4'],
  ['cc.send(message.from, "thanks");', 'python "thanks"'],
  ['cc.send(message["mode"], 5);', 'slow 5'],
  ['Serial.println(crosscomm::toText(cc.send(message["none"], 5)));', 'no name, or one that is too long'],
  ['cc.message(room + "/x").field("a", 1).send();', 'lab/x {"a":1}'],
  ['cc.message(message.from).field("a", 1).send();', 'python {"a":1}'],
  ['if (cc.deliver(room + "/d", room) == CrossCommResult::Ok) Serial.println(cc.undelivered());', '1'],
  ['if (cc.deliver(message.from, bytes[2]) == CrossCommResult::Ok) Serial.println(cc.undelivered());', '2'],
  ['cc.off(room + "/none");', ''],
  // Builders.
  [
    'cc.message("x").field("t", room).field("c", \'c\').field("b", buffer).send();',
    'x {"t":"lab","c":"c","b":"typed"}',
  ],
  ['cc.message("x").field(F("t"), F("u")).field(String("k") + 2, address).send();', 'x {"t":"u","k2":"192.168.1.10"}'],
  [
    'cc.message("x").field("b", bytes, 1).key("l").beginArray().add(room).add(1).add(message["n"]).send();',
    'x {"b":"AQ==","l":["lab",1,42]}',
  ],
  [
    'cc.message("x").field("level", level).field("n", pulses).field("on", message["on"]).send();',
    'x {"level":5,"n":12,"on":true}',
  ],
  ['cc.call("python", room, onReply).field("a", 1).send();', 'call python.lab {"a":1}'],
  // The log.
  ['cc.log(String("door ") + 3);', 'log door 3'],
  ['cc.log("open", 2); cc.log(F("shut"));', 'log open | log shut'],
  [
    'cc.log(21.5); cc.log(42); cc.log(message["mode"]); cc.log(address);',
    'log 21.50 | log 42 | log slow | log 192.168.1.10',
  ],
  // What came, as a variable.
  ['int x = message["n"]; Serial.println(x);', '42'],
  ['long x = message["neg"]; Serial.println(x);', '-7'],
  ['float x = message["f"]; Serial.println(x);', '21.50'],
  ['double x = message["n"]; Serial.println(x);', '42.00'],
  ['byte x = message["n"]; Serial.println(x);', '42'],
  ['int8_t x = message["big"]; Serial.println(x);', '0'],
  ['unsigned long x = message["whole"]; Serial.println(x);', '20'],
  ['int x = message["whole"]; Serial.println(x);', '20'],
  ['bool x = message["on"]; Serial.println(x);', '1'],
  ['int x; x = message["list"][2]; Serial.println(x);', '3'],
  ['int x = message["map"]["r"]; Serial.println(x);', '5'],
  ['int x = message["nothing"]["r"]; Serial.println(x);', '0'],
  ['String s = message["mode"]; Serial.println(s);', 'slow'],
  ['String s; s = message["mode"].toString(); Serial.println(s);', 'slow'],
  ['String s = message["n"]; Serial.println(s);', '42'],
  ['String s = "mode "; s += message["mode"]; Serial.println(s);', 'mode slow'],
  ['Serial.println("mode " + message["mode"] + ".");', 'mode slow.'],
  ['Serial.println(String("from ") + message.from);', 'from python'],
  ['Serial.println(message["mode"].toString() + message["n"]);', 'slow42'],
  ['CrossCommValue map = message["map"]; int r = map["r"]; Serial.println(r);', '5'],
  ['level = message["n"]; Serial.println(level);', '42'],
  ['Serial.println(message[String("n")].toInt() + message[F("n")].toInt());', '84'],
  // What came, printed.
  ['Serial.println(message["mode"]);', 'slow'],
  ['Serial.println(message["f"]);', '21.50'],
  ['Serial.println(message["big"]);', '5000000000'],
  ['Serial.println(message["neg"]);', '-7'],
  ['Serial.println(message["on"]);', 'true'],
  ['Serial.println(message["none"]);', 'null'],
  ['Serial.println(message["nothing"]);', ''],
  ['Serial.println(message.from);', 'python'],
  ['Serial.println(message.channel);', 'lab'],
  ['show(message["list"]); show(message.value["map"]);', '[1,2,3] | {"r":5}'],
  [
    'Serial.println(message.value);',
    '{"n":42,"neg":-7,"f":21.50,"whole":20.00,"big":5000000000,"mode":"slow","key":"a","on":true,"off":false,"none":null,"list":[1,2,3],"map":{"r":5}}',
  ],
  // What came, compared and calculated with.
  ['if (message["on"] && !message["off"]) Serial.println("yes");', 'yes'],
  ['if (message["mode"] == "slow" && message["mode"] != "fast") Serial.println("yes");', 'yes'],
  ['if ("slow" == message["mode"] && message["mode"] == F("slow")) Serial.println("yes");', 'yes'],
  ['if (message["mode"] == String("slow") && String("x") != message["mode"]) Serial.println("yes");', 'yes'],
  ['if (message.from == "python" && message.channel == "lab") Serial.println("yes");', 'yes'],
  ['if (message.channel == room.c_str() && message.channel != "x") Serial.println("yes");', 'yes'],
  ['if (message["key"] == \'a\') Serial.println("yes");', 'yes'],
  ['if (message["n"] == 42 && message["n"] > 41 && 43 >= message["n"]) Serial.println("yes");', 'yes'],
  ['if (message["f"] > 21 && message["f"] < 22 && message["f"] != 21) Serial.println("yes");', 'yes'],
  ['if (message["big"] > 100 && message["big"] == 5000000000LL) Serial.println("yes");', 'yes'],
  ['if (message["nothing"] == 0 && !(message["mode"] == 0)) Serial.println("yes");', 'yes'],
  ['if (message["n"] == message["n"] && message["n"] != message["f"]) Serial.println("yes");', 'yes'],
  ['if (message["on"] == true) Serial.println("yes");', 'yes'],
  ['Serial.println(message["f"] * 2.0f + 1.5f);', '44.50'],
  ['Serial.println(message["n"] % 5);', '2'],
  ['digitalWrite(7, message["on"] ? HIGH : LOW); digitalWrite(7, message["on"]);', ''],
  ['int x = constrain(message["n"], 0, 10); Serial.println(x);', '10'],
  // Variables.
  ['level = 5; level += 2; level *= 3; level -= 1; level /= 2; Serial.println(level);', '10'],
  ['level++; ++level; level--; Serial.println(level++); Serial.println(level);', '11 | 12'],
  ['target += 1.5; target = target + 0.5; Serial.println(target);', '22.00'],
  ['isOpen = !isOpen; isOpen ^= true; Serial.println(isOpen);', '0'],
  ['level = target; if (level == 22 && level > 3) Serial.println("yes");', 'yes'],
  ['level %= 5; level |= 4; Serial.println(String(level));', '6'],
  // Handlers.
  ['cc.on("other", [](const CrossCommMessage &) {}); cc.off("other");', ''],
  ['cc.on("other", onOther); cc.off(String("other"));', ''],
  ['cc.offer("sum", onCall); cc.onMessage(nullptr); level.onChange([] { Serial.println(level); });', ''],
];

/** An ESP8266's String takes numbers too, and cannot choose. */
const ROWS_BUT_ON_ESP8266: [code: string, outcome: string][] = [
  ['String s; s = message["mode"]; Serial.println(s);', 'slow'],
];

/** What needs more memory than an AVR has. */
const ROWS_OF_LARGE_BOARDS: [code: string, outcome: string][] = [
  ['int x = message.value["n"]; int y = message.value; Serial.println(x + y);', '42'],
  ['String s = message.from; Serial.println(s);', 'python'],
  ['int count = 3; cc.on("other", [count](const CrossCommMessage &) { Serial.println(count); }); cc.off("other");', ''],
  ['cc.on("other", [&](CrossCommMessage message) { Serial.println(message["n"]); }); cc.off("other");', ''],
  ['static int sum = 0; crosscomm::Handler<void()> h([&] { sum += 2; }); h(); h(); Serial.println(sum);', '4'],
  ['int n = 1; crosscomm::Handler<void()> h([n]() mutable { Serial.println(n++); }); h(); h();', '1 | 2'],
  ['cc.send("x", std::string("hello")); cc.send(std::string("y"), 1);', 'x "hello" | y 1'],
  ['const char *text = nullptr; cc.send("x", text);', 'x null'],
];

let board: AvrBoard | undefined;
let program: ChildProcess | undefined;

afterEach(async () => {
  program?.kill();
  await board?.unplug();
  program = board = undefined;
});

/** Starts the rows when the sketch asks whether it may, and returns all that it prints until their end. */
async function outputOf(stream: Readable, input: Writable): Promise<string> {
  let output = '';
  for await (const chunk of stream) {
    if (output === '') input.write('!');
    output += chunk;
    if (output.includes('#end')) return output;
  }
  throw new Error(`It ended before its time: ${output}`);
}

function expectOutcomes(rows: typeof ROWS, output: string): void {
  const found = outcomes(output);
  expect(rows.map(([code], i) => ({ code, outcome: found[i] }))).toEqual(
    rows.map(([code, outcome]) => ({ code, outcome })),
  );
}

describe('what a sketch writes, it means', { timeout: 300_000 }, () => {
  it('on an AVR', async () => {
    const rows = [...ROWS, ...ROWS_BUT_ON_ESP8266];
    const folder = await writeSketch(
      'rows-avr',
      sketchOf(
        rows.map(([code]) => code),
        MESSAGE,
        GLOBALS,
      ),
    );
    board = await startBoard({ sketch: folder, board: 'mega' });
    const port = new SerialPort({ path: board.path, baudRate: 115_200 });
    await once(port, 'open');
    expectOutcomes(rows, await outputOf(port, port));
  });

  it('on an ESP32', async () => {
    const rows = [...ROWS, ...ROWS_OF_LARGE_BOARDS, ...ROWS_BUT_ON_ESP8266];
    const folder = await writeSketch(
      'rows-esp',
      sketchOf(
        rows.map(([code]) => code),
        MESSAGE,
        GLOBALS,
      ),
    );
    const child = spawn(await buildEspSketch(folder, 'esp32'), { stdio: ['pipe', 'pipe', 'inherit'] });
    program = child;
    expectOutcomes(rows, await outputOf(child.stdout, child.stdin));
  });

  it.each(['gnu++17', 'gnu++2b'])('on an lx106 to its compiler, with %s and all warnings', async (standard) => {
    const rows = [...ROWS, ...ROWS_OF_LARGE_BOARDS];
    const folder = await writeSketch(
      'rows-lx106',
      sketchOf(
        rows.map(([code]) => code),
        MESSAGE,
        GLOBALS,
      ),
    );
    const path = join(folder, 'rows-lx106.ino');
    expect(await complaints(await lx106Compiler(standard), path)).toBe('');
  });
});

/** What is refused, and what the compiler says then. */
const REFUSED: [code: string, says: RegExp][] = [
  ['cc.send("x", bytes);', /bytes are sent with their length: cc\.send\(channel, bytes, sizeof bytes\)/],
  ['const uint8_t *b = bytes; cc.message("x").field("b", b);', /bytes are sent with their length/],
  ['int8_t b[] = {1}; cc.message("x").add(b);', /bytes are sent with their length/],
  ['cc.send("x", onOther);', /this is a function, not a value/],
  ['cc.deliver("x", millis);', /this is a function, not a value/],
  ['int n = 1; cc.send("x", &n);', /a pointer cannot be sent\. Send what it points to/],
  ['float list[3] = {}; cc.send("x", list);', /a list of numbers is sent by/],
  ['void *p = bytes; cc.send("x", p);', /a pointer cannot be sent/],
  ['uint16_t list[3] = {}; cc.send("x", list, 3);', /with a length only bytes \(uint8_t\) and texts/],
  ['cc.send("x", 21.5, 1);', /a number is sent as it is, without a count of digits or a base/],
  ['cc.deliver("x", 255, HEX);', /a number is sent as it is/],
  ['cc.message("x").field("a", 1.5f, 1);', /a number is sent as it is/],
  ['cc.send("x", nullptr);', /addNull\(\)\.send\(\)/],
  ['cc.send("x", Settings());', /this type cannot be sent/],
  ['cc.send("x", message);', /this type cannot be sent.*message\.value/],
  ['enum class Step { One }; cc.send("x", Step::One);', /of an enum class send the number/],
  ['cc.send("x", L\'a\');', /this type cannot be sent/],
  ['const int8_t *b = nullptr; cc.log(b);', /bytes are sent with their length/],
  ['struct Reading { int a; }; cc.log(Reading());', /this type cannot be sent/],
  ['cc.send(7, 1);', /a name is a text/],
  ['cc.on(room, onOther);', /this name is kept as a pointer, and a String may be gone by then/],
  ['cc.begin(address, Serial);', /this name is kept as a pointer: write a constant/],
  ['CrossCommWebSocket<> link(*(Client *)nullptr, 7);', /this name is kept as a pointer: write a constant/],
  ['cc.channel(F("lab"));', /this name is kept as a pointer: write a constant without F\(\)/],
  ['level = "5";', /a variable takes a bool or a number/],
  ['level = String(5);', /a variable takes a bool or a number/],
  ['level = bytes;', /a variable takes a bool or a number/],
  [
    'CrossCommVariable<char> letter("house", "letter");',
    /a variable is a bool, an integer of at most 32 bits or a float/,
  ],
  ['CrossCommVariable<const char *> text("house", "text");', /a variable is a bool, an integer/],
  ['int x = message["n"] + 1; (void)x;', /with a whole number say what the value is/],
];
const REFUSED_ON_AVR: typeof REFUSED = [
  ['int n = 1; cc.on("y", [n](const CrossCommMessage &) { (void)n; });', /on an AVR a handler is a function/],
  ['cc.on("y", [](const char *) {});', /on an AVR a handler is a function/],
];
const REFUSED_ELSEWHERE: typeof REFUSED = [
  ['cc.on("y", [](const char *) {});', /takes other parameters than it is given/],
  ['long a[9] = {}; cc.on("y", [a](const CrossCommMessage &) { (void)a; });', /captures too much/],
  ['String s; cc.on("y", [s](const CrossCommMessage &) { (void)s; });', /captures a copy of a String/],
];
const REFUSED_ON_ESP8266: typeof REFUSED = [['String s; s = message["mode"];', /ambiguous overload for 'operator='/]];

describe('what would not be what it looks like is refused, with a word on what to write', { timeout: 60_000 }, () => {
  it.each([
    ['avr-gcc', () => AVR_COMPILER, REFUSED_ON_AVR],
    ['this computer, C++11', () => HOST_COMPILER, REFUSED_ELSEWHERE],
    ['an lx106, C++23', () => lx106Compiler('gnu++2b'), [...REFUSED_ELSEWHERE, ...REFUSED_ON_ESP8266]],
  ] as [string, () => Compiler | Promise<Compiler>, typeof REFUSED][])('by %s', async (name, compiler, more) => {
    const rows = [...REFUSED, ...more];
    const text = sketchOf(
      rows.map(([code]) => code),
      MESSAGE,
      GLOBALS,
    );
    const file = `refused-${name.replaceAll(/\W+/g, '-')}`;
    const path = join(await writeSketch(file, text), `${file}.ino`);
    const errors = errorsByRow(await complaints(await compiler(), path));
    for (const [i, [code, says]] of rows.entries()) {
      expect(errors.get(i), code).toContainEqual(expect.stringMatching(says));
    }
  });
});
