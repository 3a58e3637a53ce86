import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseProvisionConfig, parseServeConfig } from '../../src/config.ts';
import type { ServeConfig } from '../../src/config.ts';
import { sendHttpRequest } from '../../src/http-client.ts';
import { createOdoo } from '../../src/odoo/create-odoo.ts';
import type { Odoo } from '../../src/odoo/odoo.ts';
import { startStandInOdoo } from '../stand-in-odoo/start-stand-in-odoo.ts';

/** Where the story is played: an Odoo, its administrator, and the configuration of the bridge. */
export type Stage = {
  /** Names this Odoo in the output. */
  description: string;
  admin: Odoo;
  config: ServeConfig;
  close(): Promise<void>;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** The system parameter that marks a test database; config/real-odoo.sh writes it. */
const marker = 'sweego_bridge.test_database';

/** The variables that the real stage reads; no other one reaches the bridge. */
const realVariables = [
  'ODOO_URL',
  'ODOO_DATABASE',
  'ODOO_TRANSPORT',
  'ODOO_LOGIN',
  'ODOO_API_KEY',
  'ODOO_API_KEY_FILE',
  'PROVISION_LOGIN',
  'PROVISION_PASSWORD',
  'PROVISION_PASSWORD_FILE',
  'PROVISION_API_KEY',
  'PROVISION_API_KEY_FILE',
];

/** Why the story must not be played here. */
export class StageRefused extends Error {}

/** An Odoo in memory on 127.0.0.1. */
export async function openStandInStage(readFile: (path: string) => string): Promise<Stage> {
  const odoo = await startStandInOdoo();
  const stage = await openStage(
    {
      ODOO_URL: odoo.url,
      ODOO_DATABASE: odoo.database,
      ODOO_API_KEY: odoo.bridgeApiKey,
      PROVISION_LOGIN: odoo.adminLogin,
      PROVISION_PASSWORD: odoo.adminPassword,
    },
    readFile,
  );
  return {
    ...stage,
    description: `stand-in Odoo at ${odoo.url}`,
    close: async () => {
      await stage.close();
      await odoo.close();
    },
  };
}

/**
 * A real Odoo 19. Its database must be marked as a test database, because the story sends mails and reports bounces
 * that never happened.
 *
 * @throws StageRefused without the marker; BridgeError CONFIG_INVALID, ODOO_*
 */
export async function openRealStage(
  environment: Environment,
  readFile: (path: string) => string,
): Promise<Stage> {
  const stage = await openStage(
    Object.fromEntries(realVariables.map((name) => [name, environment[name]])),
    readFile,
  );
  try {
    const value = await stage.admin.call({
      model: 'ir.config_parameter',
      method: 'get_param',
      arguments: { key: marker },
    });
    if (value !== '1') {
      throw new StageRefused(
        `The database ${stage.config.odoo.database} is not a test database: the demo would send mails from it and report bounces that never happened. Use a database that config/real-odoo.sh made (it sets the system parameter ${marker} to 1).`,
      );
    }
  } catch (error) {
    await stage.close();
    throw error;
  }
  return stage;
}

async function openStage(environment: Environment, readFile: (path: string) => string): Promise<Stage> {
  const source = {
    env: { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'error', LOG_FORMAT: 'text', ...environment },
    readFile,
  };
  const config = parseServeConfig(source);
  const { transport, url, database, login, secret } = parseProvisionConfig(source).administrator;
  const folder = await mkdtemp(join(tmpdir(), 'sweego-odoo-bridge-demo-'));
  const admin = createOdoo(
    transport,
    { url, database, secret, timeoutMs: 60_000, ...(login !== undefined && { login }) },
    sendHttpRequest,
  );
  return {
    description: `Odoo at ${url}, database ${database}`,
    admin,
    config: { ...config, databaseUrl: `file:${join(folder, 'bridge.sqlite')}` },
    close: async () => {
      await admin.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
