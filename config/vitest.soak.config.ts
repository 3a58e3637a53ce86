import { defineConfig } from 'vitest/config';
import realConfig from './vitest.real.config.ts';

/** The crash journeys with five times the events of the gate. */
export default defineConfig({
  test: {
    ...realConfig.test,
    include: ['test/journeys/operation/crash.real.test.ts'],
    env: { CRASH_EVENTS: '500' },
    testTimeout: 600_000,
  },
});
