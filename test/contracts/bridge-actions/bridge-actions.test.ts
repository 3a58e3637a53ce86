import { startStandInOdoo } from '../../../demo/stand-in-odoo/start-stand-in-odoo.ts';
import { sendHttpRequest } from '../../../src/http-client.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import { describeBridgeActions } from './bridge-actions-contract.ts';

describeBridgeActions('the stand-in', async () => {
  const standIn = await startStandInOdoo();
  const { url, database } = standIn;
  const connect = (secret: string) =>
    createOdoo('json2', { url, database, secret, timeoutMs: 10_000 }, sendHttpRequest);
  const admin = connect(standIn.adminApiKey);
  const bridge = connect(standIn.bridgeApiKey);
  return {
    admin,
    bridge,
    close: async () => {
      await admin.close();
      await bridge.close();
      await standIn.close();
    },
  };
});
