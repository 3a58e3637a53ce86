import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { builtProgram } from '../support/built-programs.ts';
import { openStandIn } from './open-stand-in.ts';
import type { OpenStandIn } from './open-stand-in.ts';

/** The demo gets the address and credentials of this Odoo from its environment only, as for a real Odoo. */
let open: OpenStandIn;
beforeEach(async () => {
  open = await openStandIn();
});
afterEach(() => open.close());

async function runDemo(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [builtProgram('demo/demo.ts'), ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

const realEnvironment = () => ({
  ODOO_URL: open.standIn.url,
  ODOO_DATABASE: open.standIn.database,
  ODOO_API_KEY: open.standIn.bridgeApiKey,
  PROVISION_LOGIN: open.standIn.adminLogin,
  PROVISION_PASSWORD: open.standIn.adminPassword,
});
const setMarker = (value: string) =>
  open.admin.call({
    model: 'ir.config_parameter',
    method: 'set_param',
    arguments: { key: 'sweego_bridge.test_database', value },
  });

test('the demo runs all its steps on the stand-ins and ends by itself', async () => {
  const { code, output } = await runDemo([]);
  expect(output).toContain('token verified: S00001');
  expect(output).toMatch(/✉ red {2}exception \(mail_email_invalid\), Sweego: hard_bounce/);
  expect(output).toMatch(/answers 401/);
  expect(output).toMatch(/entry \d+ injected: sale\.order,2 by reply token \(certain\)/);
  expect(output).toContain('Ann Buyer: “Thank you, please deliver on Friday.”');
  expect(output).toContain('Every step had its effect.');
  expect(code).toBe(0);
});

test('the demo refuses a database without the test marker and leaves it untouched', async () => {
  await setMarker('0');
  const { code, output } = await runDemo(['--real'], realEnvironment());
  expect(code).toBe(2);
  expect(output).toContain('is not a test database');
  expect(output).toContain('sweego_bridge.test_database');
  const orders = await open.admin.call({
    model: 'sale.order',
    method: 'search_count',
    arguments: { domain: [] },
  });
  expect(orders).toBe(0);
});

test('the demo runs on the Odoo of its environment once the database is marked as a test database', async () => {
  await setMarker('1');
  const { code, output } = await runDemo(['--real'], realEnvironment());
  expect(output).toContain('Every step had its effect.');
  expect(code).toBe(0);
  const servers = await open.admin.call({
    model: 'ir.mail_server',
    method: 'search_read',
    arguments: { domain: [['name', '=', 'Sweego (demo)']], fields: ['active'] },
    context: { active_test: false },
  });
  expect(servers).toMatchObject([{ active: false }]);
});

test('the demo names the step that had no effect and exits with 1', async () => {
  await setMarker('1');
  open.standIn.inside.setBridgeMembership(false);
  const { code, output } = await runDemo(['--real'], realEnvironment());
  expect(output).toContain('Step "4. Sweego reports: delivered to Ann" failed');
  expect(code).toBe(1);
});

test('the demo names the missing variables and exits with 2', async () => {
  const { code, output } = await runDemo(['--real']);
  expect(output).toContain('ODOO_URL is missing');
  expect(code).toBe(2);
});

test('the demo explains its options when it is given an unknown one', async () => {
  const { code, output } = await runDemo(['--fast']);
  expect(output).toContain('--keep');
  expect(code).toBe(2);
});
