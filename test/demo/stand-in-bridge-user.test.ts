import { afterEach, beforeEach, expect, test } from 'vitest';
import { startStandInOdoo } from '../../demo/stand-in-odoo/start-stand-in-odoo.ts';
import { sendHttpRequest } from '../../src/http-client.ts';
import { createBridgeActions } from '../../src/odoo/bridge-actions.ts';
import { createOdoo } from '../../src/odoo/create-odoo.ts';
import { openStandIn } from './open-stand-in.ts';
import type { OpenStandIn } from './open-stand-in.ts';

let open: OpenStandIn;
beforeEach(async () => {
  open = await openStandIn();
});
afterEach(() => open.close());

test('refuses the actions to a user who was taken out of the bridge group', async () => {
  const actions = createBridgeActions(open.bridge);
  await actions.settings();
  open.standIn.inside.setBridgeMembership(false);
  await expect(actions.settings()).rejects.toMatchObject({ code: 'ODOO_ACCESS', scope: 'odoo' });
  await expect(createBridgeActions(open.bridge).settings()).rejects.toMatchObject({
    code: 'ODOO_NOT_IN_GROUP',
  });
  open.standIn.inside.setBridgeMembership(true);
  expect((await actions.settings()).servers).toHaveLength(1);
});

test('says that an unprovisioned database needs provisioning', async () => {
  const bare = await startStandInOdoo({ provisioned: false });
  const bridge = createOdoo(
    'json2',
    { url: bare.url, database: bare.database, secret: bare.bridgeApiKey, timeoutMs: 5_000 },
    sendHttpRequest,
  );
  await expect(createBridgeActions(bridge).settings()).rejects.toMatchObject({
    code: 'ODOO_NOT_PROVISIONED',
  });
  await bridge.close();
  await bare.close();
});

test('answers 502, hangs or refuses connections on demand, and works again', async () => {
  const impatient = createOdoo(
    'json2',
    {
      url: open.standIn.url,
      database: open.standIn.database,
      secret: open.standIn.adminApiKey,
      timeoutMs: 300,
    },
    sendHttpRequest,
  );
  const count = () =>
    impatient.call({ model: 'res.partner', method: 'search_count', arguments: { domain: [] } });
  await open.standIn.setCondition('bad gateway');
  await expect(count()).rejects.toMatchObject({ scope: 'odoo', retry: 'later' });
  await open.standIn.setCondition('hanging');
  await expect(count()).rejects.toMatchObject({ code: 'ODOO_TIMEOUT' });
  await open.standIn.setCondition('gone');
  await expect(count()).rejects.toMatchObject({ code: 'ODOO_UNREACHABLE' });
  await open.standIn.setCondition('working');
  expect(await count()).toBeGreaterThan(0);
  await impatient.close();
});
