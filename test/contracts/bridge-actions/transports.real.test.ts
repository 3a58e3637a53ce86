import { afterAll, beforeAll, describe } from 'vitest';
import { sendHttpRequest } from '../../../src/http-client.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import { openRealDatabase } from '../../support/odoo/real-odoo.ts';
import { describePending, describePendingPages } from './pending.ts';
import { openActionsWorld } from './world.ts';
import type { ActionsWorld } from './world.ts';

/**
 * Tests the calls of reconciliation over JSON-RPC and XML-RPC, because the whole contract of the actions runs over
 * JSON-2 only. XML-RPC cannot carry None, and both write dates, lists and empty values in their own way.
 */
describe.each(['jsonrpc', 'xmlrpc'] as const)('over %s,', (transport) => {
  let world: ActionsWorld;
  beforeAll(async () => {
    world = await openActionsWorld(async () => {
      const real = await openRealDatabase({ template: 'provisioned' });
      const place = { url: real.url, database: real.database, timeoutMs: 60_000 };
      const admin = createOdoo('json2', { ...place, secret: real.adminApiKey }, sendHttpRequest);
      const bridge = createOdoo(
        transport,
        { ...place, login: real.bridgeLogin, secret: real.bridgeApiKey },
        sendHttpRequest,
      );
      return {
        admin,
        bridge,
        close: async () => {
          await admin.close();
          await bridge.close();
          await real.close();
        },
      };
    });
  });
  afterAll(() => world.close());

  describePending(() => world);
  describePendingPages(() => world);
});
