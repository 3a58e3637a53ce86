import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What needs no service: pure rules, SQLite in a temporary file, stand-ins on loopback. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.real.test.ts', 'dist/**', 'node_modules/**'],
    globalSetup: ['test/support/temporary-folder-setup.ts', 'test/support/built-programs-setup.ts'],
    // Test files wait about as long as they compute, so each processor can work on two.
    maxWorkers: 2 * availableParallelism(),
    testTimeout: 20_000,
    hookTimeout: 20_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
