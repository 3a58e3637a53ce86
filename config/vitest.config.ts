import { defineConfig } from 'vitest/config';

/** What needs no service: pure rules, SQLite in a temporary file, stand-ins on loopback. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.real.test.ts', 'dist/**', 'node_modules/**'],
    globalSetup: ['test/support/built-programs-setup.ts'],
    testTimeout: 20_000,
  },
});
