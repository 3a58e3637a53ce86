import { defineConfig } from 'vitest/config';

/** What needs a real Odoo 19 or PostgreSQL (config/real-odoo.sh, as root): one file at a time, since Odoo has two workers. */
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
    // Bridges that were killed wait for the lease of their predecessor: side by side, not one after the other.
    maxConcurrency: 10,
  },
});
