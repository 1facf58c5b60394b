import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fail, runLoud, tell } from '../progress.mjs';
import { ROOT } from '../root.mjs';

/** @typedef {import('./modules.mjs').Architecture} Architecture */
/** @typedef {{ status: number, output: string }} Ran what a command came to: its exit code, and all that it said */

const BOOT = join(ROOT, 'packaging', 'test', 'boot.sh');
const SUITE = 'trixie';
/** What a Raspberry Pi OS has beside Debian's least, as far as the package meets it; Python is for pseudo-terminals. */
const INCLUDED = 'systemd,systemd-sysv,dbus,udev,python3';
/** Where the disks are kept. Not in the clone, whose tests look through all its folders. */
const DISKS = '/var/tmp/crosscomm-package-test';
const BOOT_LIMIT_MS = 120_000;
/** An installation under emulation takes some minutes. */
const LINE_LIMIT_MS = 900_000;

/**
 * The disk of a small Debian 13, which is made once and then kept, with all packages downloaded that `file` needs.
 *
 * @param {Architecture} architecture
 * @param {string} file a Debian package
 * @returns {string} its folder
 */
export function debian13(architecture, file) {
  const folder = join(DISKS, `debian13-${architecture}`);
  const done = `${folder}.done`;
  if (!existsSync(done)) {
    tell(`Making a Debian 13 for ${architecture}, once ...`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const what = [`--arch=${architecture}`, '--variant=minbase', `--include=${INCLUDED}`, SUITE, folder];
    runLoud('debootstrap', what, { quiet: true });
    runLoud('chroot', [folder, 'apt-get', '-q', 'update'], { quiet: true });
    writeFileSync(done, '');
  }
  cpSync(file, join(folder, 'root', 'crosscomm.deb'));
  const get = ['apt-get', '-q', '-y', '--no-install-recommends', '--download-only', 'install', '/root/crosscomm.deb'];
  runLoud('chroot', [folder, ...get], { quiet: true });
  rmSync(join(folder, 'root', 'crosscomm.deb'));
  return folder;
}

/** A Debian in namespaces of its own: what is changed there is gone when it ends. */
export class Machine {
  #pid = 0;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;
  #root = '';
  /** @type {Record<string, string>} */
  #env;

  /** @param {Record<string, string>} [env] what programs have in their environment there */
  constructor(env = {}) {
    this.#env = env;
  }

  /**
   * @param {string} disk as `debian13` makes it
   * @param {{ systemd: boolean }} of whether systemd runs it; emulated processors cannot, and there `sleep` is process 1
   */
  async boot(disk, { systemd }) {
    this.#root = mkdtempSync(join(tmpdir(), 'crosscomm-package-'));
    const spaces = ['--mount', '--pid', '--uts', '--ipc', '--net', '--fork', '--kill-child'];
    const args = [...spaces, 'bash', BOOT, disk, this.#root, basename(this.#root), systemd ? 'systemd' : 'sleep'];
    this.#process = spawn('unshare', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const deadlineMs = performance.now() + BOOT_LIMIT_MS;
    while (!this.#isUp(systemd)) {
      if (performance.now() > deadlineMs) fail('The Debian for the test did not start.');
      await delay(200);
    }
  }

  /** @param {boolean} systemd */
  #isUp(systemd) {
    const children = `/proc/${this.#process?.pid}/task/${this.#process?.pid}/children`;
    if (!existsSync(children)) return false;
    this.#pid = Number(readFileSync(children, 'utf8').split(' ')[0]);
    if (this.#pid === 0) return false;
    const wanted = systemd ? 'systemctl is-system-running --wait' : 'test -e /run/booted && echo running';
    return /running|degraded/.test(this.run(wanted).output);
  }

  /**
   * Runs a line of the shell as root of that machine.
   *
   * @param {string} line
   * @param {{ input?: string, env?: Record<string, string> }} [options] what is on standard input; more environment
   * @returns {Ran}
   */
  run(line, { input = '', env = {} } = {}) {
    const into = ['--target', String(this.#pid), '--all', '--root', '--wd'];
    const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
    const { status, stdout, stderr, error } = spawnSync('nsenter', [...into, 'sh', '-c', line], {
      encoding: 'utf8',
      input,
      env: { PATH, HOME: '/root', LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive', ...this.#env, ...env },
      // An emulated program may hang for ever; what it has started ends with the machine.
      timeout: LINE_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    return { status: status ?? 1, output: `${stdout}${stderr}${error ? `${error.message}\n` : ''}` };
  }

  /**
   * Puts a file of this machine into that one.
   * @param {string} from
   * @param {string} to
   */
  put(from, to) {
    cpSync(from, join(`/proc/${this.#pid}/root`, to));
  }

  /** Ends it with all that runs in it. */
  async end() {
    const gone = new Promise((resolve) => this.#process?.once('close', resolve));
    this.#process?.kill('SIGKILL');
    await gone;
    // What is left of its branch of control groups is empty.
    const groups = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].map((folder) => join(folder, basename(this.#root)));
    for (const branch of groups.filter((folder) => existsSync(folder))) {
      spawnSync('find', [branch, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'], { stdio: 'ignore' });
    }
    rmSync(this.#root, { recursive: true, force: true });
  }
}
