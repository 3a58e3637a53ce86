import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;
const limits = { testTimeout: 20_000, hookTimeout: 20_000, expect: { poll: { timeout: 10_000 } } };
/**
 * Tests of these folders leave their process as it was. So their files share one: it starts once and loads each module
 * once, which saves a third of the processor time. The others change time zone, umask or rights of their process.
 */
const sharing = ['test/{commands,contracts,flows,journeys,mail,odoo,provision,rules,sweego}/**/*.test.ts'];
const excluded = ['test/**/*.real.test.ts'];

/** Tests that need no service: pure rules, SQLite in a temporary file, stand-ins on loopback. */
export default defineConfig({
  test: {
    root,
    globalSetup: ['test/support/temporary-folder-setup.ts', 'test/support/built-programs-setup.ts'],
    // Test files wait about as long as they compute, so each processor can work on two.
    maxWorkers: 2 * availableParallelism(),
    projects: [
      {
        test: {
          ...limits,
          name: 'sharing a process',
          root,
          include: sharing,
          exclude: excluded,
          isolate: false,
        },
      },
      {
        test: {
          ...limits,
          name: 'in a process of their own',
          root,
          include: ['test/**/*.test.ts'],
          exclude: [...excluded, ...sharing],
        },
      },
    ],
  },
});
