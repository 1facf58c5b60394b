import { access, constants, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { Finding } from '../finding.ts';

const CODE = 'serial_permissions';
/** Whose members may use serial ports, on Debian and Raspberry Pi OS. */
const GROUP = 'dialout';

/** Whether this process may open serial ports: those that are there, given by their paths, or, where there is none, any later one. */
export async function serialAccessFindings(paths: readonly string[], groups = '/etc/group'): Promise<Finding[]> {
  if (paths.length === 0) return [await withoutPorts(groups)];
  return await Promise.all(paths.map((path) => accessTo(path)));
}

async function accessTo(path: string): Promise<Finding> {
  const subject = path;
  try {
    await access(path, constants.R_OK | constants.W_OK);
    const sentence = `The serial port ${path} may be used.`;
    return { code: CODE, level: 'ok', subject, values: { path }, sentence };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      const sentence = `The serial port ${path} is not there.`;
      const advice = 'Plug the board in, by a cable that carries data, or correct serial.ports.';
      return { code: CODE, level: 'warning', subject, values: { path }, sentence, advice };
    }
    const group = await groupOf(path);
    const values = { path, user: userName() };
    const sentence = `The user ${values.user} may not use the serial port ${path}.`;
    return { code: CODE, level: 'fault', subject, values, sentence, advice: joinAdvice(values.user, group) };
  }
}

/** No port is there to try: whether one could be opened that somebody plugs in. */
async function withoutPorts(groups: string): Promise<Finding> {
  const user = userName();
  const values = { user };
  const line = (await readFile(groups, 'utf8').catch(() => ''))
    .split('\n')
    .find((each) => each.startsWith(`${GROUP}:`));
  const id = Number(line?.split(':')[2]);
  const mayUse = process.getuid?.() === 0 || line === undefined || (process.getgroups?.() ?? []).includes(id);
  if (mayUse)
    return { code: CODE, level: 'ok', values, sentence: 'No USB serial port is plugged in; the gateway may use one.' };
  return {
    ...{ code: CODE, level: 'warning', values },
    sentence: `No USB serial port is plugged in, and the user ${user} could not use one: it is not in the group ${GROUP}.`,
    advice: joinAdvice(user, GROUP),
  };
}

function joinAdvice(user: string, group: string): string {
  return `Add the user to the group: "sudo usermod -aG ${group} ${user}", log in again, and start the gateway again.`;
}

/** The group of a port, by its number where that is not the usual one. */
async function groupOf(path: string): Promise<string> {
  const { gid } = await stat(path).catch(() => ({ gid: undefined }));
  const text = await readFile('/etc/group', 'utf8').catch(() => '');
  const line = text.split('\n').find((each) => Number(each.split(':')[2]) === gid && each !== '');
  return line?.split(':')[0] ?? GROUP;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
