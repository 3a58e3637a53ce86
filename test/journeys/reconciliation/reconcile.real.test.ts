import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SinkMail } from '../../../demo/smtp-sink.ts';
import { signWebhook } from '../../../demo/stand-in-sweego.ts';
import { startSweegoApi } from '../../../demo/sweego-api.ts';
import type { SweegoApiStandIn } from '../../../demo/sweego-api.ts';
import { sweegoEventBody } from '../../../demo/sweego-event.ts';
import { sweegoLogRow } from '../../../demo/sweego-logs.ts';
import { createTemporaryPath } from '../../support/inbox/sqlite-databases.ts';
import { eventually, openBridgedOdoo, outboundSecret } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';

/** 100 mails to one recipient, 100 to two. */
const mailCount = 200;

type Fate = {
  webhooks: readonly string[];
  row: Readonly<Record<string, unknown>>;
  answer?: string;
};
const bounced = (label: 'hard' | 'soft', type: string, answer: string): Fate => ({
  webhooks: ['email_sent', type],
  row: { status: 'undelivered', bounce_type: label, bounced: answer, email_state: answer.slice(0, 9) },
  answer,
});
/** Half of them bounce. */
const fates: readonly Fate[] = [
  { webhooks: ['email_sent', 'delivered'], row: { status: 'delivered' } },
  bounced('hard', 'hard_bounce', '550 5.1.1 user unknown'),
  { webhooks: ['email_sent', 'delivered', 'email_opened'], row: { status: 'opened-human' } },
  bounced('soft', 'soft-bounce', '451 4.7.1 try again later'),
  {
    webhooks: ['email_sent', 'delivered', 'email_opened', 'email_clicked'],
    row: { status: 'clicked-human' },
  },
  bounced('hard', 'hard_bounce', '550 5.7.1 refused by policy'),
  { webhooks: ['email_sent'], row: { status: 'queued' } },
  {
    webhooks: ['email_sent', 'hard_bounce'],
    row: { status: 'undelivered', bounce_type: 'hard', email_state: '-1' },
    answer: 'DROP[suppressed]',
  },
];

type Run = {
  bridged: BridgedOdoo;
  api: SweegoApiStandIn;
  /** In the order of the recipients' numbers. */
  mails: readonly SinkMail[];
  /** The built program's `reconcile --json`. */
  reconcile(): Promise<Record<string, unknown>>;
  sendWebhooks(): Promise<void>;
  outcomes(): Promise<unknown>;
  events(): Promise<string[]>;
  close(): Promise<void>;
};

async function openRun(): Promise<Run> {
  const api = await startSweegoApi();
  const inbox = createTemporaryPath();
  let variables: Record<string, string> = {};
  const bridged = await openBridgedOdoo((odoo) => {
    variables = {
      ODOO_URL: odoo.url,
      ODOO_DATABASE: odoo.database,
      ODOO_API_KEY: odoo.bridgeApiKey,
      DATABASE_URL: `file:${inbox.path}`,
      SWEEGO_API_URL: api.url,
      SWEEGO_API_KEY: api.apiKey,
    };
    return variables;
  });
  const addresses = Array.from({ length: mailCount * 1.5 }, (_, index) => `r${index}@example.com`);
  const partners = await bridged.createPartners(addresses);
  const order = await bridged.createOrder(partners[0] ?? 0);
  let next = 0;
  for (let index = 0; index < mailCount; index += 1) {
    const count = index % 2 === 0 ? 1 : 2;
    await bridged.post(order.id, partners.slice(next, next + count));
    next += count;
  }
  const byAddress = new Map(bridged.sink.mails.map((mail) => [mail.recipient, mail]));
  const mails = addresses.map((address) => byAddress.get(address) ?? expect.fail(`${address} got no mail`));
  const submissionOf = (index: number) => ({ uid: `01-${index}`, transactionId: `t-${index}` });
  const fateOf = (index: number) => fates[index % fates.length] ?? expect.fail();
  const at = new Date();
  api.logRows.push(
    ...mails.map((mail, index) => ({
      ...sweegoLogRow({ mail, ...submissionOf(index), status: '', at }),
      ...fateOf(index).row,
    })),
  );
  return {
    bridged,
    api,
    mails,
    async reconcile() {
      const program = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
      const env = { PATH: process.env['PATH'] ?? '', ...variables };
      const { stdout } = await promisify(execFile)(process.execPath, [program, 'reconcile', '--json'], {
        env,
      });
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    async sendWebhooks() {
      for (const [index, mail] of mails.entries()) {
        const { webhooks, answer } = fateOf(index);
        for (const [step, type] of webhooks.entries()) {
          const said = step === 0 || answer === undefined ? {} : { smtpAnswer: answer };
          const time = new Date(mail.receivedAt.getTime() + step * 1000);
          const body = sweegoEventBody({ type, mail, ...submissionOf(index), at: time, ...said });
          const { status } = await bridged.sweego.send(signWebhook(body, outboundSecret, new Date()));
          expect(status).toBe(200);
        }
      }
    },
    async outcomes() {
      const messages = await bridged.search(
        'mail.message',
        [
          ['res_id', '=', order.id],
          ['model', '=', 'sale.order'],
        ],
        ['x_sweego_message_id'],
      );
      const place = new Map(messages.map(({ id }, index) => [id, index]));
      const ofMessages = ['mail_message_id', 'in', messages.map(({ id }) => id)];
      const numbered = (row: Record<string, unknown>) => ({
        ...row,
        id: 0,
        mail_message_id: place.get((row['mail_message_id'] as [number])[0]),
      });
      const mailFields = ['mail_message_id', 'state', 'failure_type', 'x_sweego_confirmed', 'email_to'];
      const rowFields = [
        'mail_message_id',
        'notification_status',
        'failure_type',
        'x_sweego_status',
        'x_sweego_uid',
        'x_sweego_transaction_id',
        'x_sweego_reason',
      ];
      return {
        messages: messages.map((row) => row['x_sweego_message_id']),
        mails: (await bridged.search('mail.mail', [ofMessages], [...mailFields, 'recipient_ids']))
          .map((row) => ({ ...row, recipient_ids: (row['recipient_ids'] as number[]).length }))
          .map(numbered),
        notifications: (await bridged.search('mail.notification', [ofMessages], rowFields)).map(numbered),
      };
    },
    async events() {
      const rows = await bridged.search('x_sweego_event', [], ['x_swg_uid', 'x_type']);
      return rows.map((row) => `${String(row['x_swg_uid'])} ${String(row['x_type'])}`).sort();
    },
    async close() {
      await bridged.close();
      await api.close();
      inbox.remove();
    },
  };
}

async function drained({ bridged }: Run): Promise<void> {
  const look = async () => (await (await fetch(`${bridged.bridge.url}/readyz`)).json()) as { inbox: Inbox };
  type Inbox = { unclaimed: number; states: Record<string, number> };
  await eventually(look, ({ inbox: { unclaimed, states } }) => {
    const { received = 0, claimed = 0, waiting = 0, parked = 0 } = states;
    expect(parked).toBe(0);
    return unclaimed + received + claimed + waiting === 0;
  });
}

describe('200 mails to 300 recipients, half of which bounce', () => {
  let a: Run;
  let b: Run;
  let expected: unknown;
  beforeAll(async () => {
    [a, b] = await Promise.all([openRun(), openRun()]);
  });
  afterAll(async () => {
    await a?.close();
    await b?.close();
  });

  it('end the same with all webhooks as with no webhook and one reconciliation', async () => {
    await a.sendWebhooks();
    await drained(a);
    expected = await a.outcomes();
    const run = await b.reconcile();
    expect(run).toMatchObject({ outcome: 'complete', pending: mailCount, news: mailCount * 1.5 });
    await drained(b);
    expect(await b.outcomes()).toEqual(expected);
    const { mails, notifications } = expected as Record<string, Record<string, unknown>[]>;
    expect(mails?.filter(({ state }) => state === 'exception').length).toBeGreaterThan(90);
    expect(notifications?.filter((row) => row['notification_status'] === 'exception')).toHaveLength(150);
  });

  it('end the same with webhooks and reconciliation together, and have no event twice', async () => {
    expect(await a.reconcile()).toMatchObject({ outcome: 'complete', news: 0 });
    await drained(a);
    await b.sendWebhooks();
    await drained(b);
    expect(await a.outcomes()).toEqual(expected);
    expect(await b.outcomes()).toEqual(expected);
    const events = await b.events();
    expect(events).toEqual([...new Set(events)]);
    expect(events).toEqual(await a.events());
  });
});
