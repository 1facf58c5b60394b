import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const DEFINES = /#ifndef LED_BUILTIN\n#define LED_BUILTIN \d+.*\n#endif\n/;

async function read(path: string): Promise<{ path: string; text: string }> {
  return { path, text: await readFile(join(ROOT, path), 'utf8') };
}

/** All that is written for an ESP32 and has a LED: sketches, and code in pages. */
async function codeForEsp32(): Promise<{ path: string; text: string }[]> {
  const folders = ['device-sdk/arduino/examples', 'firmware-examples'];
  const found = await Promise.all(
    folders.map(async (folder) => (await readdir(join(ROOT, folder))).map((name) => `${folder}/${name}/${name}.ino`)),
  );
  const esp32 = found.flat().filter((path) => path.includes('/esp32-'));
  const sketches = await Promise.all(esp32.map(read));
  const docs = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
  const pages = await Promise.all(docs.map((name) => read(`docs/${name}`)));
  const blocks = pages.flatMap(({ path, text }) =>
    (text.match(/^```cpp\n.*?^```/gms) ?? []).map((block) => ({ path, text: block })),
  );
  return [...sketches, ...blocks].filter(({ text }) => text.includes('LED_BUILTIN'));
}

describe('sketches for "ESP32 Dev Module", whose core has no LED_BUILTIN', () => {
  it('say themselves where the LED is, and before a library can say that there is none', async () => {
    const all = await codeForEsp32();
    expect(all.length).toBeGreaterThan(5);
    for (const { path, text } of all) {
      expect(text, path).toMatch(DEFINES);
      const oocsi = text.indexOf('#include <OOCSI.h>');
      if (oocsi >= 0) expect(text.search(DEFINES), path).toBeLessThan(oocsi);
    }
  });

  it('are compiled against a core that has none either', async () => {
    const { text: core } = await read('hil-tests/host/core/Arduino.h');
    const forEsp8266 = /#ifdef ESP8266\n(.*?)#else/s.exec(core)?.[1] ?? '';
    expect(forEsp8266).toContain('LED_BUILTIN 2');
    expect(core.replace(forEsp8266, '')).not.toMatch(/#define LED_BUILTIN|LED_BUILTIN =/);
  });
});
