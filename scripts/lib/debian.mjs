import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fail, runLoud, tell } from './progress.mjs';

/**
 * A Debian package, and how to see that what it brings is there.
 * @typedef {{ package: string } & ({ program: string } | { file: string } | { command: [string, ...string[]] })} Needed
 */

/**
 * What the tests need of the system.
 * @type {Needed[]}
 */
const NEEDED = [
  { package: 'gcc-avr', program: 'avr-gcc' },
  { package: 'avr-libc', file: '/usr/lib/avr/include/avr/io.h' },
  { package: 'arduino-core-avr', file: '/usr/share/arduino/hardware/arduino/avr/cores/arduino/Arduino.h' },
  { package: 'avrdude', program: 'avrdude' },
  { package: 'simavr', program: 'simavr' },
  { package: 'libsimavr-dev', file: '/usr/include/simavr/sim_avr.h' },
  { package: 'mosquitto', program: 'mosquitto' },
  { package: 'mosquitto-clients', program: 'mosquitto_pub' },
  { package: 'prometheus', program: 'promtool' },
  { package: 'spin', program: 'spin' },
  { package: 'liblo-tools', program: 'oscsend' },
  { package: 'puredata-core', program: 'pd' },
  { package: 'rclone', program: 'rclone' },
  { package: 'curl', program: 'curl' },
  { package: 'openssl', program: 'openssl' },
  { package: 'chromium', program: 'chromium' },
  { package: 'faketime', program: 'faketime' },
  { package: 'bsdutils', program: 'script' },
  { package: 'iproute2', program: 'ip' },
  { package: 'dbus-daemon', program: 'dbus-daemon' },
  { package: 'avahi-daemon', program: 'avahi-daemon' },
  { package: 'avahi-utils', program: 'avahi-browse' },
  { package: 'systemd', program: 'systemd-notify' },
  { package: 'make', program: 'make' },
  { package: 'gcc', program: 'cc' },
  { package: 'g++', program: 'g++' },
  { package: 'libc6-dev', file: '/usr/include/stdio.h' },
  { package: 'libmbedtls-dev', file: '/usr/include/mbedtls/ecdsa.h' },
  { package: 'libbearssl-dev', file: '/usr/include/bearssl/bearssl.h' },
  { package: 'clang', program: 'clang++' },
  { package: 'libclang-rt-dev', command: ['sh', '-c', 'ls /usr/lib/llvm-*/lib/clang/*/lib/*/libclang_rt.fuzzer*'] },
  { package: 'gcc-xtensa-lx106', program: 'xtensa-lx106-elf-g++' },
  { package: 'picolibc-xtensa-lx106-elf', file: '/usr/lib/xtensa-lx106-elf/picolibc.specs' },
  { package: 'qemu-user', program: 'qemu-xtensa' },
  { package: 'python3', program: 'python3' },
  { package: 'python3-venv', command: ['python3', '-c', 'import ensurepip, venv'] },
];

/**
 * Installs what of it is missing with apt-get; where that cannot be, says what to install and ends.
 * @param {readonly Needed[]} needed
 */
export function ensureDebianPackages(needed = NEEDED) {
  const absent = missing(needed);
  if (absent.length === 0) return;
  const install = ['install', '-y', '--no-install-recommends', ...absent];
  const asRoot = rootCommand();
  if (!has('apt-get') || asRoot === undefined) {
    fail(
      `The tests run real firmware, brokers and clients, and these are missing: ${absent.join(', ')}.\n` +
        `On Debian, Ubuntu and Raspberry Pi OS: sudo apt-get update && sudo apt-get ${install.join(' ')}`,
    );
  }
  tell(`Installing Debian packages for the tests: ${absent.join(' ')} ...`);
  const [command, ...before] = [...asRoot, 'apt-get'];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  runLoud(command, [...before, '-q', 'update'], { env });
  runLoud(command, [...before, '-q', ...install], { env });
  for (const name of STARTED) if (absent.includes(name)) quiet(name, asRoot);
  const still = missing(needed);
  if (still.length > 0) fail(`apt-get ran, and still these are missing: ${still.join(', ')}.`);
}

/** What Debian starts when it installs it, on ports that others want; the tests run these themselves. */
const STARTED = ['mosquitto', 'prometheus'];

/**
 * @param {string} service
 * @param {string[]} asRoot
 */
function quiet(service, asRoot) {
  if (!has('systemctl')) return;
  const [command, ...args] = [...asRoot, 'systemctl', 'disable', '--now', '--quiet', service];
  runLoud(command, args, { tolerate: true });
}

/** @param {readonly Needed[]} needed */
function missing(needed) {
  const absent = needed.filter((one) => {
    if ('program' in one) return !has(one.program);
    if ('file' in one) return !existsSync(one.file);
    const [name, ...args] = one.command;
    return spawnSync(name, args, { stdio: 'ignore' }).status !== 0;
  });
  return absent.map((one) => one.package);
}

/**
 * Daemons are in sbin, which is not on every PATH.
 * @param {string} program
 */
function has(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** How to run something as root without being asked, or undefined. */
function rootCommand() {
  if (process.getuid?.() === 0) return [];
  const allowed = has('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return allowed ? ['sudo', '-n'] : undefined;
}
