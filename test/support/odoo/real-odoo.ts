import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { adminLogin, adminPassword, createAdministrator } from './administrator.ts';
import type { Administrator } from './administrator.ts';
import { runRealOdooScript } from './real-odoo-script.ts';

/** What the global set-up (real-odoo-setup.ts) hands to the test files. */
export type RealOdooRun = {
  url: string;
  geventUrl: string;
  /** Prefix of every database of this run. */
  prefix: string;
  adminApiKey: string;
  templates: {
    base: { name: string };
    provisioned?: { name: string; bridgeLogin: string; bridgeApiKey: string };
  };
};

declare module 'vitest' {
  export interface ProvidedContext {
    realOdoo: RealOdooRun;
  }
}

/** One database of a running Odoo 19, for one test file. */
export type RealDatabase = {
  /** Base URL of Odoo's HTTP workers, without trailing slash. */
  url: string;
  /** Base URL of its websocket server. */
  geventUrl: string;
  database: string;
  adminLogin: string;
  adminPassword: string;
  /** Scope `rpc`, without expiry. */
  adminApiKey: string;
  /** Acts as the administrator, to prepare a test and to read its results. */
  administrator: Administrator;
  /** Drops the database. */
  close(): Promise<void>;
};

/** A database on which `provision --create-user` has been run. */
export type ProvisionedDatabase = RealDatabase & { bridgeLogin: string; bridgeApiKey: string };

/**
 * Clones a database for the calling test file, in a second or two. `base` is a plain Odoo with nothing of the
 * bridge in it; `provisioned` is what the built program's `provision --create-user` made of it in this run.
 *
 * The server serves every database, so calls must name theirs. No job runs by itself in a clone: the mail queue
 * runs when triggered, all other jobs of Odoo are inactive.
 */
export async function openRealDatabase(options: { template: 'base' }): Promise<RealDatabase>;
export async function openRealDatabase(options?: { template: 'provisioned' }): Promise<ProvisionedDatabase>;
export async function openRealDatabase(
  options: { template: 'base' | 'provisioned' } = { template: 'provisioned' },
): Promise<RealDatabase | ProvisionedDatabase> {
  const { url, geventUrl, prefix, adminApiKey, templates } = inject('realOdoo');
  const template = templates[options.template];
  if (!template) {
    throw new Error('There was no built program to provision a database with. Run: npm run test:real');
  }
  const { name, ...bridge } = template;

  const database = `${prefix}${randomBytes(4).toString('hex')}`;
  await runRealOdooScript('clone', database, name);
  return {
    url,
    geventUrl,
    database,
    adminLogin,
    adminPassword,
    adminApiKey,
    ...bridge,
    administrator: createAdministrator(url, database),
    close: async () => {
      await runRealOdooScript('drop', database);
    },
  };
}
