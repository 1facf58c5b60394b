import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A directory that stands in for /dev, and a udevadm that knows what is in it. */
export interface FakeDevices {
  /** For the gateway's `serial.deviceDirectory`. */
  directory: string;
  /** The path of a port of this name (`ttyACM0`), for a board's link. */
  port(name: string): string;
  /** Environment variables for a gateway in another process. */
  env: { PATH: string; FAKE_SERIAL_DIR: string };
  /** Sets udev properties of a port: `describe('ttyACM1', { ID_VENDOR_ID: '1a86' })`. */
  describe(name: string, properties: Record<string, string>): Promise<void>;
  /** Puts PATH back and removes the directory. */
  remove(): Promise<void>;
}

/** Makes a directory of devices, and puts the stand-in for udevadm on this process' PATH as well. */
export async function makeFakeDevices(): Promise<FakeDevices> {
  const directory = await mkdtemp(join(tmpdir(), 'crosscomm-dev-'));
  const programs = await mkdtemp(join(tmpdir(), 'crosscomm-bin-'));
  await symlink(join(import.meta.dirname, 'fake-udevadm'), join(programs, 'udevadm'));
  const { PATH = '', FAKE_SERIAL_DIR } = process.env;
  const env = { PATH: `${programs}${delimiter}${PATH}`, FAKE_SERIAL_DIR: directory };
  Object.assign(process.env, env);
  return {
    directory,
    port: (name) => join(directory, name),
    env,
    describe: (name, properties) => {
      const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
      return writeFile(join(directory, `${name}.env`), lines.join(''));
    },
    remove: async () => {
      process.env.PATH = PATH;
      if (FAKE_SERIAL_DIR === undefined) delete process.env.FAKE_SERIAL_DIR;
      else process.env.FAKE_SERIAL_DIR = FAKE_SERIAL_DIR;
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
      await rm(programs, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
