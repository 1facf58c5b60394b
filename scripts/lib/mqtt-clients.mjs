import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDebianPackages } from './debian.mjs';
import { fail, runLoud, tell } from './progress.mjs';
import { CACHE, ROOT } from './root.mjs';

const SOURCES = join(ROOT, 'client-tests');
const BUILT = join(CACHE, 'mqtt-clients');

/** A server of S3 that needs nothing but a folder. */
const VERSITY = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';

/** What Node 20 can run. */
const NODE_RED = 'node-red@4.1.15';

/** @type {import('./debian.mjs').Needed[]} */
const PACKAGES = [
  { package: 'gcc', program: 'cc' },
  { package: 'libpaho-mqtt-dev', file: '/usr/include/MQTTAsync.h' },
  { package: 'libcjson-dev', file: '/usr/include/cjson/cJSON.h' },
  { package: 'default-jdk-headless', program: 'javac' },
  { package: 'maven', program: 'mvn' },
];

/** What Debian has, but too old. */
const COMPILERS = [
  { program: 'go', flag: 'version', how: 'Go 1.26 or later, from go.dev (for autopaho and the clients of S3)' },
  { program: 'cargo', flag: '--version', how: 'Rust 1.85 or later, by rustup (for rumqttc and object_store)' },
];

/** Fetches and compiles the clients of MQTT that npm test does without, into .cache/mqtt-clients; ends the script where it cannot. */
export function ensureMqttClients() {
  const missing = COMPILERS.filter(({ program, flag }) => spawnSync(program, [flag], { stdio: 'ignore' }).status !== 0);
  if (missing.length > 0) fail(`Not installed: ${missing.map(({ how }) => how).join('; ')}.`, 2);
  ensureDebianPackages(PACKAGES);
  for (const [name, build] of Object.entries(BUILDS)) {
    tell(`${name} ...`);
    build();
  }
}

/** @type {Record<string, () => void>} */
const BUILDS = {
  'Paho, of C'() {
    mkdirSync(join(BUILT, 'c'), { recursive: true });
    const warnings = ['-Wall', '-Wextra', '-Werror'];
    runLoud('cc', [
      ...warnings,
      '-o',
      join(BUILT, 'c', 'paho'),
      join(SOURCES, 'c', 'agent.c'),
      '-lpaho-mqtt3as',
      '-lcjson',
    ]);
  },
  'autopaho, of Go'() {
    runLoud('go', ['build', '-C', join(SOURCES, 'go'), '-o', join(BUILT, 'go', 'autopaho'), '.']);
  },
  'versitygw, of Go'() {
    runLoud('go', ['install', VERSITY], { env: { GOBIN: join(BUILT, 'go', 'bin') } });
  },
  'rumqttc, of Rust'() {
    // Cargo writes what it chose beside the sources.
    const folder = join(BUILT, 'rust');
    cpSync(join(SOURCES, 'rust'), folder, { recursive: true });
    runLoud('cargo', ['build', '--quiet', '--manifest-path', join(folder, 'Cargo.toml')], {
      env: { CARGO_TARGET_DIR: join(folder, 'target') },
    });
  },
  'HiveMQ and Paho, of Java'() {
    const [from, libraries, classes] = [
      join(SOURCES, 'java'),
      join(BUILT, 'java', 'lib'),
      join(BUILT, 'java', 'classes'),
    ];
    mkdirSync(classes, { recursive: true });
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${libraries}`];
    runLoud('mvn', ['-q', '-f', join(from, 'pom.xml'), ...copy], { quiet: true });
    const programs = readdirSync(from).filter((file) => file.endsWith('.java'));
    runLoud('javac', ['-d', classes, '-cp', join(libraries, '*'), ...programs.map((file) => join(from, file))]);
  },
  'Node-RED, of npm'() {
    const folder = join(BUILT, 'node-red');
    mkdirSync(folder, { recursive: true });
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    runLoud('npm', ['install', '--prefix', folder, ...quiet, NODE_RED]);
    // What earlier runs made with it.
    rmSync(join(folder, 'users'), { recursive: true, force: true });
  },
};
