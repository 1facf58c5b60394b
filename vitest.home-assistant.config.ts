import { defineConfig } from 'vitest/config';
import { common } from './vitest.config.ts';

// npm run test:home-assistant: the real Home Assistant, which takes minutes to fetch.
export default defineConfig({
  ...common,
  test: { ...common.test, include: ['client-tests/home-assistant/*.test.ts'] },
});
