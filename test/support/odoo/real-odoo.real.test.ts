import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRealDatabase } from './real-odoo.ts';
import type { RealDatabase } from './real-odoo.ts';

let odoo: RealDatabase;
beforeAll(async () => {
  odoo = await openRealDatabase({ template: 'base' });
});
afterAll(() => odoo.close());

test('the tests run on Odoo 19 and reach their own database with the administrator key', async () => {
  const version = (await (await fetch(`${odoo.url}/web/version`)).json()) as { version: string };
  expect(version.version).toMatch(/^19\.0/);

  const response = await fetch(`${odoo.url}/json/2/ir.config_parameter/get_param`, {
    method: 'POST',
    headers: {
      authorization: `bearer ${odoo.adminApiKey}`,
      'content-type': 'application/json',
      'x-odoo-database': odoo.database,
    },
    body: JSON.stringify({ key: 'sweego_bridge.test_database' }),
  });
  expect(await response.json()).toBe('1');
});

test('no job of a fresh clone is due, so that only what a test triggers happens in it', async () => {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 19).replace('T', ' ');
  const due = await odoo.administrator.call('ir.cron', 'search_read', [
    [['nextcall', '<=', tomorrow]],
    ['name'],
  ]);
  expect(due).toEqual([]);
});
