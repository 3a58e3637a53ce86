import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startSweegoApi } from '../../../demo/sweego-api.ts';
import { parseServeConfig } from '../../../src/config.ts';
import { openStandIn } from '../../demo/open-stand-in.ts';

/** An Odoo, Sweego's log and the configuration of commands between them; all are gone when the test is finished. */
export async function openOperatorOdoo() {
  const directory = await mkdtemp(join(tmpdir(), 'operator-'));
  const odoo = await openStandIn();
  const sweego = await startSweegoApi();
  onTestFinished(async () => {
    await sweego.close();
    await odoo.close();
    await rm(directory, { recursive: true });
  });
  const env = {
    ODOO_URL: odoo.standIn.url,
    ODOO_DATABASE: odoo.standIn.database,
    ODOO_API_KEY: odoo.standIn.bridgeApiKey,
    DATABASE_URL: `file:${join(directory, 'inbox.sqlite')}`,
    SWEEGO_API_URL: sweego.url,
    SWEEGO_API_KEY: sweego.apiKey,
    RECONCILE_CRON: '0 0 1 1 *',
    HOST: '127.0.0.1',
    PORT: '0',
  };
  return { directory, odoo, sweego, config: parseServeConfig({ env, readFile: () => '' }) };
}
