import { defineConfig } from 'vitest/config';
import { common } from './vitest.config.ts';

// npm run test:clients: clients of MQTT and S3, and servers of S3, that take long to fetch and to compile.
export default defineConfig({
  ...common,
  test: { ...common.test, include: ['client-tests/*.test.ts'], testTimeout: 240_000 },
});
