import { randomBytes } from 'node:crypto';
import { openFaultGate } from './rpc/fault-gate.ts';
import type { OdooCondition } from './rpc/fault-gate.ts';
import { openStandInServer } from './rpc/server.ts';
import { createStandInDatabase } from './stand-in-database.ts';
import type { Credentials, StandInOdooDatabase } from './stand-in-database.ts';

export type StandInOdoo = Credentials & {
  url: string;
  /** Database name. */
  database: string;
  /** What no RPC call offers: rows and rights. */
  inside: StandInOdooDatabase;
  /** Makes Odoo answer 502, hang or refuse connections, and work again. Cuts open connections. */
  setCondition(condition: OdooCondition): Promise<void>;
  close(): Promise<void>;
};

/**
 * Starts an Odoo 19 in memory on a free port of 127.0.0.1, with the administrator and the bridge's portal user.
 * Mails leave over real SMTP once an ir.mail_server is created.
 *
 * @param options.provisioned false for a database without the bridge's actions and group
 */
export async function startStandInOdoo({ provisioned = true } = {}): Promise<StandInOdoo> {
  const credentials: Credentials = {
    adminLogin: 'admin',
    adminPassword: randomBytes(12).toString('hex'),
    adminApiKey: randomBytes(20).toString('hex'),
    bridgeApiKey: randomBytes(20).toString('hex'),
  };
  const inside = createStandInDatabase('stand-in', credentials, { provisioned });
  const server = await openStandInServer(inside);
  const gate = await openFaultGate(Number(new URL(server.url).port));
  return {
    ...credentials,
    url: gate.url,
    database: inside.name,
    inside,
    setCondition: (condition) => gate.setCondition(condition),
    close: async () => {
      await gate.close();
      await server.close();
    },
  };
}
