import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it, test } from 'vitest';
import { expectAsStated, measure, type Size, stated } from './sizes.ts';

/** Of CrossComm<> on an AVR: what it receives into, its outbox, and its table of 6 channels. */
const BUFFER_BYTES = 96 + 2 + 128 + 6 * 5;
/** What a sketch that sends and receives may cost, whatever its page says. */
const MOST_FLASH = 7 * 1024;
const MOST_MEMORY = 350;
/** A new compiler, or a core of another version, may make it differ by this much. */
const TOLERANCE = 0.02;

const EXTRAS = join(import.meta.dirname, '../extras/avr');
const PLATFORM = '/usr/share/arduino/hardware/arduino/avr/platform.txt';
const MAKEFILE = join(import.meta.dirname, '../../../hil-tests/avr/Makefile');

describe('the Arduino library on an Uno', () => {
  it.each([
    ['uno-frames', 'uno-frames'],
    ['uno-file', 'uno-file'],
    ['uno-matrix', 'uno-matrix'],
    ['maps.ino', join(EXTRAS, 'maps')],
    ['shaped.ino', join(EXTRAS, 'shaped')],
    ['delivers.ino', join(EXTRAS, 'delivers')],
    ['everything.ino', join(EXTRAS, 'everything')],
  ])('costs with %s what its page says', { timeout: 120_000 }, async (word, folder) => {
    const bare = await measure(join(EXTRAS, 'bare'));
    const sketch = await measure(folder);
    const said = await stated(word);
    const flash = sketch.flash - bare.flash;
    const memory = sketch.memory - bare.memory - BUFFER_BYTES;
    expect(said.flash).toBeGreaterThan(0);
    await expectAsStated(flash, said.flash, said.flash * TOLERANCE, 'flash');
    await expectAsStated(memory, said.memory, said.memory * TOLERANCE + 8, 'memory');
    if (folder === 'uno-frames') {
      expect(flash).toBeLessThanOrEqual(MOST_FLASH);
      expect(memory).toBeLessThanOrEqual(MOST_MEMORY);
    }
  });

  it('costs with handlers for the connection what its page says', { timeout: 120_000 }, async () => {
    const plain = join(import.meta.dirname, '../examples/uno-frames');
    const folder = join(await temporaryFolder(), 'uno-frames-connection');
    await mkdir(folder);
    const sketch = await readFile(join(plain, 'uno-frames.ino'), 'utf8');
    const handlers =
      'cc.onConnect([] { digitalWrite(2, HIGH); });\n' +
      '  cc.onDisconnect([](const CrossCommDisconnect &) { digitalWrite(2, LOW); });\n';
    await writeFile(join(folder, 'uno-frames-connection.ino'), sketch.replace('cc.begin(', `${handlers}  cc.begin(`));
    const [without, told] = [await measure(plain), await measure(folder)];
    const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
    const [, flash, memory] = /together take (\d+) bytes of an Uno's flash and (\d+) of its memory/.exec(readme) ?? [];
    await expectAsStated(told.flash - without.flash, Number(flash), 56, 'flash');
    await expectAsStated(told.memory - without.memory, Number(memory), 0, 'memory');
  });

  it('costs with a token of its own what its page says', { timeout: 120_000 }, async () => {
    const plain = join(import.meta.dirname, '../examples/uno-frames');
    const folder = join(await temporaryFolder(), 'uno-frames-paired');
    await mkdir(folder);
    const sketch = await readFile(join(plain, 'uno-frames.ino'), 'utf8');
    const paired = sketch
      .replace('#include <CrossComm.h>', '#include <CrossComm.h>\n#include <CrossCommToken.h>')
      .replace('cc.begin(', 'cc.pair(CrossCommToken::load, CrossCommToken::store);\n  cc.begin(');
    await writeFile(join(folder, 'uno-frames-paired.ino'), paired);
    const [without, told] = [await measure(plain), await measure(folder)];
    const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
    const [, flash, memory] =
      /A token takes ([\d,]+) bytes of an Uno's flash and (\d+) of its memory/.exec(readme) ?? [];
    const said = Number(flash?.replace(',', ''));
    await expectAsStated(told.flash - without.flash, said, said * 0.1, 'flash');
    await expectAsStated(told.memory - without.memory, Number(memory), 0, 'memory');
  });

  it('costs with a beat, and with a leader beside it, what its page says', { timeout: 120_000 }, async () => {
    const plain = await readFile(join(import.meta.dirname, '../examples/uno-frames/uno-frames.ino'), 'utf8');
    const folder = await temporaryFolder();
    const build = async (name: string, declared: string, connected: string, heard: string): Promise<Size> => {
      await mkdir(join(folder, name));
      const sketch = plain
        .replace('CrossComm<> cc;', `#include <CrossCommRoom.h>\nCrossComm<> cc;\n${declared}`)
        .replace('cc.begin(', `cc.onConnect([] { ${connected} });\n  cc.onMessage(${heard});\n  cc.begin(`)
        .replace(
          'cc.loop();',
          declared === '' ? 'cc.loop();' : 'cc.loop();\n  if (beat.pulse()) digitalWrite(2, HIGH);',
        );
      await writeFile(join(folder, name, `${name}.ino`), sketch);
      return measure(join(folder, name));
    };
    const ignored = '[](const CrossCommMessage &) {}';
    const alone = await build('uno-frames-alone', '', '', ignored);
    const beat = 'CrossCommBeat beat("stage", 500);';
    const hears = '[](const CrossCommMessage &message) { beat.hear(message); }';
    const withBeat = await build('uno-frames-beat', beat, 'beat.join(cc);', hears);
    const leader = `${beat}\nCrossCommLeader leader("stage", "uno-1");`;
    const both =
      '[](const CrossCommMessage &message) { beat.hear(message); digitalWrite(3, leader.hear(message) && leader.isMe()); }';
    const withLeader = await build('uno-frames-leader', leader, 'beat.join(cc); leader.stand(cc);', both);
    const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
    const said =
      /a beat takes ([\d,]+) bytes of an Uno's flash and (\d+) of its memory, and a leader beside it ([\d,]+) and (\d+)/.exec(
        readme,
      );
    const [flash, memory, more, moreMemory] = (said ?? []).slice(1).map((number) => Number(number.replace(',', '')));
    const costs = [
      withBeat.flash - alone.flash,
      withBeat.memory - alone.memory,
      withLeader.flash - withBeat.flash,
      withLeader.memory - withBeat.memory,
    ];
    for (const [index, stated] of [flash, memory, more, moreMemory].entries()) {
      await expectAsStated(costs[index] ?? 0, stated ?? 0, (stated ?? 0) * 0.1, `number ${index}`);
    }
  });

  it('costs with a description of two components what its page says, and less than a kilobyte', {
    timeout: 120_000,
  }, async () => {
    const folder = join(await temporaryFolder(), 'undescribed');
    await mkdir(folder);
    const sketch = await readFile(join(EXTRAS, 'described', 'described.ino'), 'utf8');
    const undescribed = sketch.replace(/ {2}cc\.describe\([^;]+;\n/, '');
    expect(undescribed).not.toContain('describe(');
    await writeFile(join(folder, 'undescribed.ino'), undescribed);
    const [without, described] = [await measure(folder), await measure(join(EXTRAS, 'described'))];
    const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
    const [, flash, memory] =
      /A description of two components takes (\d+) bytes of an Uno's flash and (\d+) of its memory/.exec(readme) ?? [];
    expect(described.flash - without.flash).toBeLessThan(1024);
    await expectAsStated(described.flash - without.flash, Number(flash), 40, 'flash');
    await expectAsStated(described.memory - without.memory, Number(memory), 0, 'memory');
  });

  it('costs with a variable that is kept what its page says', { timeout: 120_000 }, async () => {
    const plain = join(EXTRAS, 'everything');
    const folder = join(await temporaryFolder(), 'everything-kept');
    await mkdir(folder);
    const sketch = await readFile(join(plain, 'everything.ino'), 'utf8');
    await writeFile(
      join(folder, 'everything-kept.ino'),
      sketch.replace('cc.variable(target);', 'cc.variable(target);\n  target.keep();'),
    );
    const [without, kept] = [await measure(plain), await measure(folder)];
    const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
    const said = Number(/It takes ([\d,]+) bytes of an Uno's flash/.exec(readme)?.[1]?.replace(',', ''));
    await expectAsStated(kept.flash - without.flash, said, said * 0.1, 'flash');
    expect(kept.memory - without.memory).toBeLessThanOrEqual(2);
  });
});

describe('the sizes are those that arduino-cli gives', () => {
  /** The options of a line such as `compiler.cpp.flags=...`, or of a Makefile's variable, without what names files. */
  const optionsOf = (text: string, name: RegExp): string[] => {
    const value = text.replaceAll('\\\n', ' ').match(name)?.[1] ?? '';
    return value.split(/\s+/).filter((word) => /^-[^DI]/.test(word) && !word.startsWith('-mmcu'));
  };

  test.each([
    ['C++', /^compiler\.cpp\.flags=(.*)$/m, /^CXXFLAGS := (.*)$/m],
    ['C', /^compiler\.c\.flags=(.*)$/m, /^CFLAGS := (.*)$/m],
    ['the linker', /^compiler\.c\.elf\.flags=(.*)$/m, /^LDFLAGS {2}:= (.*)$/m],
  ])('as the core’s options for %s are those of the tests', async (_, inPlatform, inMakefile) => {
    const [platform, makefile] = await Promise.all([readFile(PLATFORM, 'utf8'), readFile(MAKEFILE, 'utf8')]);
    const common = optionsOf(makefile, /^COMMON := (.*)$/m);
    const ours = optionsOf(makefile, inMakefile);
    const expected = ['-w', ...optionsOf(platform, inPlatform)].sort();
    expect([...(ours.includes('-Os') ? [] : common), ...ours].sort()).toEqual(expected);
  });
});
