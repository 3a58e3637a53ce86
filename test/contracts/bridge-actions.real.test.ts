import { sendHttpRequest } from '../../src/http-client.ts';
import { createOdoo } from '../../src/odoo/create-odoo.ts';
import { openRealDatabase } from '../support/real-odoo.ts';
import { describeBridgeActions } from './bridge-actions-contract.ts';

describeBridgeActions('a real Odoo 19', async () => {
  const odoo = await openRealDatabase({ template: 'provisioned' });
  const { url, database } = odoo;
  const connect = (secret: string) =>
    createOdoo('json2', { url, database, secret, timeoutMs: 60_000 }, sendHttpRequest);
  const admin = connect(odoo.adminApiKey);
  const bridge = connect(odoo.bridgeApiKey);
  return {
    admin,
    bridge,
    close: async () => {
      await admin.close();
      await bridge.close();
      await odoo.close();
    },
  };
});
