import { sendHttpRequest } from '../../../src/http-client.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import { openRealDatabase } from '../../support/odoo/real-odoo.ts';
import { describeBridgeActions } from './bridge-actions-contract.ts';
import { describeOnce } from './once.ts';
import { describePartialAddresses } from './partial.ts';
import { describePendingPages } from './pending.ts';
import { describeRealOnly } from './real-only.ts';
import { describeRefusals } from './refusals.ts';

const realOnly = [
  describeRealOnly,
  describeOnce,
  describeRefusals,
  describePendingPages,
  describePartialAddresses,
];

const open = async () => {
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
};

describeBridgeActions('a real Odoo 19', open, realOnly);
