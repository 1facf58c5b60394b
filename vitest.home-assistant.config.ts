import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

// npm run test:home-assistant: the real Home Assistant, which takes minutes to fetch.
export default defineConfig({
  ...config,
  test: { ...config.test, include: ['client-tests/home-assistant/*.test.ts'] },
});
