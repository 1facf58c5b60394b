import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** Where sketches are: those that need the CrossComm library are its examples, so that the Arduino IDE's menu has them. */
export const SKETCHES: readonly string[] = ['device-sdk/arduino/examples', 'firmware-examples'].map((folder) =>
  join(ROOT, folder),
);

/** The folder of a sketch: `folder` is absolute, or the name of one of the project's sketches. Throws where there is none. */
export function sketchFolder(folder: string): string {
  const found = SKETCHES.map((sketches) => resolve(sketches, folder)).find((path) =>
    existsSync(join(path, `${basename(path)}.ino`)),
  );
  if (!found) throw new Error(`no sketch ${folder}, neither by itself nor in ${SKETCHES.join(' or ')}`);
  return found;
}
