import { sendHttpRequest } from '../../../src/http-client.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import { openRealDatabase } from '../../support/odoo/real-odoo.ts';
import { describeBridgeActions } from './bridge-actions-contract.ts';

describeBridgeActions('a real Odoo 19', async () => {
  const real = await openRealDatabase({ template: 'provisioned' });
  const connect = (secret: string) =>
    createOdoo(
      'json2',
      { url: real.url, database: real.database, secret, timeoutMs: 60_000 },
      sendHttpRequest,
    );
  const admin = connect(real.adminApiKey);
  const bridge = connect(real.bridgeApiKey);
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
