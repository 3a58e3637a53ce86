import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SinkMail } from '../../demo/smtp-sink.ts';
import { answerLogQuery, sweegoLogRow } from '../../demo/sweego-logs.ts';
import { openBridge } from '../../src/bridge/bridge.ts';
import { runReconcile } from '../../src/commands/reconcile.ts';
import type { ReconcileCommandDeps, ReconcileOptions } from '../../src/commands/reconcile.ts';
import type { ServeConfig } from '../../src/config.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { expectRefusal } from '../support/expect-refusal.ts';
import { openOperatorOdoo } from '../support/odoo/operator-odoo.ts';

const now = () => new Date();
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** An operator beside an Odoo that has mailed Ann, and Sweego's log. */
async function openOperator() {
  const { odoo, sweego, config } = await openOperatorOdoo();
  await (await openInbox(config.databaseUrl)).close();
  const lines: string[] = [];
  const run = async (
    options: Partial<ReconcileOptions> = {},
    changes: Partial<ServeConfig> = {},
    deps: Partial<ReconcileCommandDeps> = {},
  ) => {
    lines.length = 0;
    const out = (line: string) => void lines.push(line);
    const all = { ...config, ...changes };
    await runReconcile(
      all,
      { days: 7, list: false, json: false, ...options },
      { now, out, log: silent, ...deps },
    );
    return lines;
  };
  const ann = await odoo.mails.createContact('Ann', 'ann@example.com');
  const order = await odoo.mails.createOrder(ann);
  const message = await odoo.mails.postMessage(order.id, [ann]);
  const [mail] = odoo.sink.mails as [SinkMail];
  const logs = (status: string, more: object = {}) =>
    sweego.logRows.push(
      sweegoLogRow({ mail, uid: '01-a', transactionId: 't-1', status, at: now(), ...more }),
    );
  /** The URL of a Sweego that does something before it answers. */
  const sweegoThatFirst = async (act: () => Promise<void>) => {
    const server = createServer((request, response) => {
      const json = (status: number, body: unknown) =>
        void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      void act().then(() => answerLogQuery(request, json, sweego.logRows));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const envelope = async () => (await odoo.mails.notificationsOf(message.id))[0];
  return { odoo, sweego, config, run, lines, logs, envelope, sweegoThatFirst };
}

describe('reconcile', () => {
  it('tells what it found, and brings it to Odoo when no serve runs', async () => {
    const { run, logs, envelope } = await openOperator();
    logs('undelivered', { bounceType: 'hard', smtpAnswer: '550 5.1.1 user unknown' });
    const printed = (await run()).join('\n');
    expect(printed).toContain('Messages that wait for an event from Sweego: 1');
    expect(printed).toMatch(/example\.com +read +1/);
    expect(printed).toContain('Rows with new events: 1');
    expect(printed).toContain('Brought to Odoo: 1 applied, 0 retried later, 0 parked');
    expect(await envelope()).toMatchObject({
      notification_status: 'exception',
      failure_type: 'mail_email_invalid',
      x_sweego_transaction_id: 't-1',
    });
    expect((await run({ list: true })).join('\n')).toMatch(/complete +1 +1 +1 +0/);
  });

  it('leaves the bringing to a running serve', async () => {
    const { config, run, logs, envelope } = await openOperator();
    logs('opened-human');
    const bridge = await openBridge(config, { now, log: silent });
    onTestFinished(() => bridge.close());
    expect(JSON.parse((await run({ json: true })).join(''))).toMatchObject({
      outcome: 'complete',
      news: 1,
      brought: { worker: 'serve', parked: 0 },
    });
    await expect.poll(envelope).toMatchObject({ x_sweego_status: 'email_opened' });
  });

  it('names lost replies with sender and subject, in print and in JSON, but does not keep them', async () => {
    const { run, sweego, config } = await openOperator();
    await run();
    const lost = (uid: string) => ({
      swg_uid: uid,
      status: 'received',
      receipt_dt: new Date(Date.now() - 3 * 60 * 60_000).toISOString(),
      email_from: { email: 'bob@customer.example.com', name: '' },
      inbound_recipient: { email: 'reply+1@odoo.example.com', name: '' },
      subject: 'Where \u001b[31mis it?',
    });
    const inbox = await openInbox(config.databaseUrl);
    // As if this inbox had been in use since yesterday.
    const memory = {
      repliesSince: new Date(Date.now() - 86_400_000).toISOString(),
      lastSlot: null,
      runs: [],
    };
    await inbox.saveSnapshot('reconciliation', Buffer.from(JSON.stringify(memory)), now());
    await inbox.close();
    sweego.logRows.push(lost('04-a'));
    expect((await run()).join('\n')).toMatch(/Lost reply of bob@customer\.example\.com: Where .\[31mis it\?/);
    expect((await run({ list: true, json: true })).join()).not.toContain('customer.example.com');
    sweego.logRows.push(lost('04-b'));
    expect(JSON.parse((await run({ json: true })).join(''))).toMatchObject({
      lost_replies: [{ swg_uid: '04-b', sender: 'bob@customer.example.com' }],
    });
  });

  it('fails with the cause and its fix when Sweego refuses the key, after telling the summary', async () => {
    const { run, lines, sweego } = await openOperator();
    sweego.failNext(401);
    await expectRefusal(run(), {
      code: 'RECONCILE_INCOMPLETE',
      retry: 'later',
      scope: 'sweego',
      says: /SWEEGO_API_KEY_REFUSED.*docs\/errors\.md/,
    });
    expect(lines.join('\n')).toMatch(/failed: SWEEGO_API_KEY_REFUSED/);
    expect((await run({ list: true })).join('\n')).toMatch(/ failed .* SWEEGO_API_KEY_REFUSED$/m);
  });

  it('fails when Odoo is gone before it was told, says so in JSON too, and brings it along the next time', async () => {
    const { odoo, run, lines, logs, envelope, sweegoThatFirst } = await openOperator();
    logs('undelivered', { bounceType: 'hard', smtpAnswer: '550 5.1.1 user unknown' });
    const goesAway = { sweegoApiUrl: await sweegoThatFirst(() => odoo.standIn.setCondition('gone')) };
    await expectRefusal(run({ json: true }, goesAway), {
      code: 'RECONCILE_UNFINISHED',
      retry: 'later',
      scope: 'bridge',
      says: /ODOO_UNREACHABLE.*start serve or run it again/,
    });
    expect(JSON.parse(lines.join(''))).toMatchObject({
      news: 1,
      brought: { worker: 'now', odoo: 'ODOO_UNREACHABLE', applied: 0, open: 1, after: [{ id: 1 }] },
    });
    await odoo.standIn.setCondition('working');
    const printed = (await run()).join('\n');
    expect(printed).toContain('Rows with new events: 0');
    expect(printed).toContain('Brought to Odoo: 1 applied, 0 retried later, 0 parked');
    expect(await envelope()).toMatchObject({ notification_status: 'exception' });
  });

  it('fails for a row that is parked, names it, and only counts it in later runs', async () => {
    const { run, lines, logs, sweego } = await openOperator();
    logs('delivered');
    sweego.logRows.splice(0, 1, { ...sweego.logRows[0], email_to: 'somebody-else@example.com' });
    await expectRefusal(run(), {
      code: 'RECONCILE_UNFINISHED',
      retry: 'later',
      scope: 'bridge',
      says: /inbox list --state parked --kind log/,
    });
    expect(lines.join('\n')).toMatch(
      /0 applied, 0 retried later, 1 parked\n +entry 1 is parked: EVENT_UNMATCHED/,
    );
    expect((await run()).join('\n')).toMatch(
      /Rows parked in earlier runs: 1; see them with: .*inbox list --state parked --kind log/,
    );
  });

  it('makes no inbox where DATABASE_URL is mistyped, neither for a run nor for the list', async () => {
    const { run, config } = await openOperator();
    const mistyped = { databaseUrl: `${config.databaseUrl}.mistyped` };
    const refusal = {
      code: 'INBOX_FILE_MISSING',
      retry: 'never',
      scope: 'bridge',
      says: /Set DATABASE_URL to the file that serve uses/,
    } as const;
    await expectRefusal(run({}, mistyped), refusal);
    await expectRefusal(run({ list: true }, mistyped), refusal);
    expect(existsSync(mistyped.databaseUrl.slice('file:'.length))).toBe(false);
  });

  it('does not run beside another one', async () => {
    const { run, config } = await openOperator();
    const inbox = await openInbox(config.databaseUrl);
    onTestFinished(() => inbox.close());
    const live = () =>
      inbox.holdLease({ name: 'reconciliation', holder: 'other', ttlMs: 30_000, now: now() });
    await live();
    // Each second that is waited, the other one shows that it lives.
    const sleep = async () => void (await live());
    await expectRefusal(run({}, {}, { sleep }), {
      code: 'RECONCILE_RUNNING',
      retry: 'later',
      scope: 'bridge',
      says: /reconcile --list/,
    });
  });
});
