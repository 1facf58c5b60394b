import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // The sources, so that a test never runs what was built from older ones.
    alias: {
      '@crosscomm/client': fileURLToPath(new URL('./device-sdk/node/src/index.ts', import.meta.url)),
      '@crosscomm/protocol': fileURLToPath(new URL('./device-sdk/protocol/src/index.ts', import.meta.url)),
    },
  },
  test: {
    include: ['gateway/test/**/*.test.ts', 'device-sdk/*/test/**/*.test.ts', 'hil-tests/**/*.test.ts'],
    setupFiles: ['gateway/testing/seed.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What is polled for comes at once on a quiet machine, and in some seconds on one that does everything else as well.
    expect: { poll: { timeout: 20_000 } },
    restoreMocks: true,
  },
});
