import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { adminLogin, adminPassword, createAdministrator } from '../support/odoo/administrator.ts';
import type { Administrator } from '../support/odoo/administrator.ts';
import { runRealOdooScript } from '../support/odoo/real-odoo-script.ts';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Base64 of 48 bytes, as Sweego issues them. */
export const outboundSecret = Buffer.from('outbound'.repeat(6)).toString('base64');

/** One database of the real Odoo 19, provisioned by the built program, with a Sweego server and an alias domain. */
export type BenchOdoo = {
  url: string;
  database: string;
  administrator: Administrator;
  /** Scope `rpc`, without expiry. */
  adminApiKey: string;
  bridgeApiKey: string;
  /** Drops the database. */
  close(): Promise<void>;
};

/**
 * Starts the real Odoo unless it runs, and creates a database for this program.
 *
 * Its name has the prefix of the test runs. So a test run that ends during the measurement does not stop the server,
 * and the next test run drops the database if this program was killed.
 */
export async function openBenchOdoo(): Promise<BenchOdoo> {
  const started = await runRealOdooScript('start');
  const url = /^ODOO_URL=(.+)$/m.exec(started)?.[1];
  if (url === undefined) throw new Error(`config/real-odoo.sh start printed no URL:\n${started}`);
  const database = `run_${process.pid}_bench`;
  await runRealOdooScript('clone', database, 'bridge_base');
  const close = async () => {
    await runRealOdooScript('drop', database);
  };
  try {
    const administrator = createAdministrator(url, database, 600_000);
    const bridgeApiKey = await provision(url, database);
    const adminApiKey = String(await administrator.runPython(arrange, { secret: outboundSecret }));
    return { url, database, administrator, adminApiKey, bridgeApiKey, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const arrange = `
env['mail.alias.domain'].create({'name': 'reply.example.com'})
env['ir.mail_server'].create({
    'name': 'Sweego', 'smtp_host': '127.0.0.1', 'smtp_port': 9, 'smtp_encryption': 'none', 'sequence': 1,
    'x_sweego_enabled': True, 'x_sweego_outbound_webhook_secret': env.context['secret'],
    'x_sweego_delete_on_sent': True,
})
action = env['res.users.apikeys'].with_user(env.ref('base.user_admin')).sudo()._generate('rpc', 'bench', None)
`;

async function provision(url: string, database: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, 'provision', '--create-user', '--json'],
    {
      env: {
        PATH: process.env['PATH'] ?? '',
        ODOO_URL: url,
        ODOO_DATABASE: database,
        PROVISION_LOGIN: adminLogin,
        PROVISION_PASSWORD: adminPassword,
      },
    },
  );
  const { user } = JSON.parse(stdout) as { user?: { api_key: string } };
  if (user === undefined) throw new Error('provision --create-user made no user.');
  return user.api_key;
}
