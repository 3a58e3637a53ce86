import { defineConfig } from 'vitest/config';

/** Tests that need a real Odoo 19 or PostgreSQL (config/real-odoo.sh, as root). One file at a time: Odoo has two workers. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.real.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    globalSetup: [
      'test/support/built-programs-setup.ts',
      'test/support/inbox/inbox-postgres-setup.ts',
      'test/support/odoo/real-odoo-setup.ts',
    ],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    // A bridge that replaces a killed one waits for its lease to expire. Concurrent tests wait at the same time.
    maxConcurrency: 10,
  },
});
