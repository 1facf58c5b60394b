import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config';
import { LongestFirst } from './gateway/testing/longest-first.ts';

const ALL = [
  'gateway/test/**/*.test.ts',
  'gateway/dashboard/test/**/*.test.ts',
  'device-sdk/*/test/**/*.test.ts',
  'hil-tests/**/*.test.ts',
];
/** Tests of the whole house: they run the gateway as a process, and take most of the time. */
const PROGRAMS = ['gateway/test/{scenarios,first-hour,docs}/**', 'device-sdk/arduino/**', 'hil-tests/**'];
/** Rooms whose tests leave nothing changed in their process, but for the files that mock a module, measure its memory, or have it wait for others. */
const ROOMS = [
  'gateway/test/{access,app,automations,behaviours,common,config,hub,integrations,mqtt-engine,objects,observability,oss,protocols,storage,transports,web}/**/!(detach|give-way|limits|near-address|power-cut).test.ts',
  'device-sdk/{protocol,sim}/test/**/*.test.ts',
];

/** Of these tests, and of those that run by a configuration of their own. */
export const common = {
  resolve: {
    // The sources, so that a test never runs what was built from older ones.
    alias: {
      '@crosscomm/client': fileURLToPath(new URL('./device-sdk/node/src/index.ts', import.meta.url)),
      '@crosscomm/protocol': fileURLToPath(new URL('./device-sdk/protocol/src/index.ts', import.meta.url)),
      '@crosscomm/sim': fileURLToPath(new URL('./device-sdk/sim/src/index.ts', import.meta.url)),
    },
  },
  test: {
    // With two at a time on two cores, these have nothing to do for a fifth of the time.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // Every answer of the API is compared with its description, in gateways that are started as processes, too.
    env: { CROSSCOMM_CHECK_ANSWERS: 'yes' },
    sequence: { sequencer: LongestFirst },
    setupFiles: ['gateway/testing/setup.ts'],
    // At ten times the load of a quiet machine, single tests take 55 s; none that hangs is heard of sooner for a shorter limit.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What is polled for comes at once on a quiet machine, and in some seconds on one that does everything else as well.
    expect: { poll: { timeout: 20_000 } },
    restoreMocks: true,
    // npm run coverage.
    coverage: {
      provider: 'v8',
      reportOnFailure: true,
      include: ['gateway/src/**/*.ts', 'device-sdk/*/src/**/*.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      thresholds: {
        lines: 90,
        functions: 87,
        branches: 80,
        'gateway/src/{hub,access,protocols,mqtt-engine}/**': { lines: 95, functions: 93, branches: 88 },
        'device-sdk/protocol/src/**': { lines: 95, functions: 93, branches: 88 },
      },
    },
  },
} satisfies ViteUserConfig;

export default defineConfig({
  ...common,
  test: {
    ...common.test,
    // All files of the rooms are run by the same few processes, as half a second for each that begins is minutes of the whole.
    projects: [
      { extends: true, test: { name: 'programs', include: PROGRAMS.map((folder) => `${folder}/*.test.ts`) } },
      { extends: true, test: { name: 'rooms', include: ROOMS, isolate: false } },
      {
        extends: true,
        test: { name: 'others', include: ALL, exclude: [...configDefaults.exclude, ...PROGRAMS, ...ROOMS] },
      },
    ],
  },
});
