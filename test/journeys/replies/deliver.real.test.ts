import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSmtpSink } from '../../../demo/smtp-sink.ts';
import type { SmtpSink } from '../../../demo/smtp-sink.ts';
import { sendHttpRequest } from '../../../src/http-client.ts';
import { createBridgeActions } from '../../../src/odoo/bridge-actions.ts';
import type { BridgeActions } from '../../../src/odoo/bridge-actions.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import type { DeliverAnswer } from '../../../src/odoo/reply-answers.ts';
import { replyMail } from '../../support/mails/reply-mails.ts';
import type { ReplyMail } from '../../support/mails/reply-mails.ts';
import { eventually } from '../../support/odoo/bridged-odoo.ts';
import { openRealDatabase } from '../../support/odoo/real-odoo.ts';
import type { ProvisionedDatabase } from '../../support/odoo/real-odoo.ts';

/** What only a real Odoo can show about a delivery: its transactions, its followers' mails, its guards. */
const domain = 'reply.example.com';
const shop = 'shop@elsewhere.example.com';
const ann = 'ann@example.com';
const secret = Buffer.from('outbound'.repeat(6)).toString('base64');

let odoo: ProvisionedDatabase;
let sink: SmtpSink;
let actions: BridgeActions;
const closers: (() => Promise<void>)[] = [];
let annId: number;

beforeAll(async () => {
  sink = await startSmtpSink();
  odoo = await openRealDatabase();
  actions = connect('json2');
  await create('mail.alias.domain', { name: domain });
  await create('ir.mail_server', {
    name: 'Sweego',
    smtp_host: '127.0.0.1',
    smtp_port: sink.port,
    x_sweego_enabled: true,
    x_sweego_outbound_webhook_secret: secret,
  });
  annId = await create('res.partner', { name: 'Ann Example', email: ann });
  await call('res.partner', 'write', [[3], { email: 'admin@example.com' }]);
});
afterAll(async () => {
  for (const close of closers) await close();
  await odoo.close();
  await sink.close();
});

function connect(transport: 'json2' | 'jsonrpc' | 'xmlrpc'): BridgeActions {
  const { url, database, bridgeApiKey, bridgeLogin } = odoo;
  const connection = { url, database, login: bridgeLogin, secret: bridgeApiKey, timeoutMs: 60_000 };
  const connected = createOdoo(transport, connection, sendHttpRequest);
  closers.push(() => connected.close());
  return createBridgeActions(connected);
}

const call: ProvisionedDatabase['administrator']['call'] = (...words) => odoo.administrator.call(...words);

async function create(model: string, values: Record<string, unknown>): Promise<number> {
  const [id] = (await call(model, 'create', [[values]])) as [number];
  return id;
}

const createOrder = async () => ({
  model: 'sale.order',
  id: await create('sale.order', { partner_id: annId }),
});

const deliver = (mail: ReplyMail, document: { model: string; id: number } | null): Promise<DeliverAnswer> =>
  actions.deliver({ ...replyMail(mail), document });

const countOf = async (model: string, filter: readonly unknown[]): Promise<number> =>
  Number(
    await odoo.administrator.runPython(
      "action = env[env.context['m']].sudo().with_context(active_test=False).search_count(env.context['d'])",
      { m: model, d: filter },
    ),
  );

const newId = () => `<${randomUUID()}@replies.example.com>`;

async function post(orderId: number, subtype: string, partners: readonly number[] = []): Promise<string> {
  const posted = (await call('sale.order', 'message_post', [[orderId]], {
    body: 'Hello.',
    message_type: 'comment',
    subtype_xmlid: subtype,
    partner_ids: partners,
  })) as [number] | number;
  const [row] = (await call('mail.message', 'read', [[posted].flat(), ['message_id']])) as [
    { message_id: string },
  ];
  return row.message_id;
}

describe('followers of the document', () => {
  it('get the reply within seconds, signed like any other mail, while the call does not wait for SMTP', async () => {
    const document = await createOrder();
    const follower = await create('res.partner', { name: 'Bob Example', email: 'bob@example.com' });
    await call('sale.order', 'message_subscribe', [[document.id]], { partner_ids: [follower] });
    sink.setDelay(4_000);
    const startedAt = Date.now();
    const answer = await deliver({ from: `Ann <${ann}>`, to: shop, subject: 'For followers' }, document);
    expect(answer).toMatchObject({ result: 'posted' });
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    const mail = await sink.waitFor(
      ({ recipient, subject }) => recipient === 'bob@example.com' && subject.includes('For followers'),
      30_000,
    );
    sink.setDelay(0);
    sink.answerWaiting();
    expect(mail.headers['x-message-id']?.trim()).toBeDefined();
    expect(mail.headers['reply-to']).toMatch(/<reply\+[0-9a-f]+\.[0-9a-f]{8}@reply\.example\.com>$/);
    expect(sink.mails.filter(({ recipient }) => recipient === ann)).toEqual([]);
  });
});

describe('an employee’s answer to an internal note', () => {
  async function answerNote(inReplyTo: string | undefined, subject: string) {
    const document = await createOrder();
    const follower = await create('res.partner', { name: 'Carl Example', email: `${subject}@example.com` });
    await call('sale.order', 'message_subscribe', [[document.id]], { partner_ids: [follower] });
    const note = await post(document.id, 'mail.mt_note');
    const mail = { from: 'admin@example.com', to: shop, subject };
    const answer = await deliver(inReplyTo === undefined ? mail : { ...mail, inReplyTo: note }, document);
    expect(answer).toMatchObject({ result: 'posted' });
    const queued = await call('mail.mail', 'search_count', [[['subject', 'ilike', subject]]]);
    const isSent = () => sink.mails.some(({ recipient }) => recipient === `${subject}@example.com`);
    return { queued, isSent };
  }

  it('stays a note and is mailed to no customer when it names the note', async () => {
    const { queued, isSent } = await answerNote('the note', 'secret');
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect([queued, isSent()]).toEqual([0, false]);
  });

  it('is mailed to the customer when it does not name the note', async () => {
    const { isSent } = await answerNote(undefined, 'public');
    await eventually(async () => isSent(), Boolean);
  });
});

describe('the same reply at the same time', () => {
  /** Runs the code of the action as the administrator, with an addition before it or with a changed part. */
  async function codeWith(change: (code: string) => string): Promise<(input: unknown) => Promise<unknown>> {
    const [action] = (await call('ir.actions.server', 'search_read', [
      [['name', '=', 'Sweego bridge: deliver a reply']],
      ['code'],
    ])) as [{ code: string }];
    const changed = change(action.code);
    expect(changed).not.toBe(action.code);
    return (input) => odoo.administrator.runPython(changed, { sweego_bridge: input as object });
  }
  const inputOf = (
    mail: { message: string; messageId: string },
    document: { model: string; id: number },
  ) => ({
    message: mail.message,
    message_id: mail.messageId,
    model: document.model,
    thread_id: document.id,
  });
  const postedTimes = (messageId: string) => countOf('mail.message', [['message_id', '=', messageId]]);
  const withoutLock = (code: string) =>
    code.replace('    if not env.cr.fetchone()[0]:\n        return', '    if False:\n        return');
  const withOldSnapshot = (code: string) =>
    code.replace('env.registry.cursor()', 'env.cr').replace('        cursor.close()', '        pass');
  /** Stands for any slow code: it counts its callers, and each waits until the test opens it. */
  const gate = [
    'def gate():',
    '    cursor = env.registry.cursor()',
    '    cursor.execute("UPDATE ir_config_parameter SET value = value::int + 1 WHERE key = \'test.entered\'")',
    '    cursor.commit()',
    '    for attempt in range(600):',
    "        cursor.execute(\"SELECT FROM ir_config_parameter WHERE key = 'test.gate' AND value = 'open'\")",
    '        if cursor.rowcount:',
    '            break',
    '        cursor.rollback()',
    "        cursor.execute('SELECT pg_sleep(0.1)')",
    '    cursor.close()',
    '',
    '',
  ].join('\n');
  const pauseFirst = (code: string) =>
    `${gate}env.cr.execute('SELECT count(*) FROM mail_message')\ngate()\n${code}`;
  /** Stands for a slow automation that runs when a message is created. */
  const pauseWithin = (code: string) =>
    gate + code.replace("    answer = odoo['mail.thread']", "    gate()\n    answer = odoo['mail.thread']");
  const setGate = async (state: 'open' | 'closed') => {
    if (state === 'closed') await call('ir.config_parameter', 'set_param', ['test.entered', '0']);
    await call('ir.config_parameter', 'set_param', ['test.gate', state]);
  };
  const waitAtGate = (callers: number) =>
    eventually(
      () =>
        countOf('ir.config_parameter', [
          ['key', '=', 'test.entered'],
          ['value', '=', String(callers)],
        ]),
      (found) => found === 1,
    );

  /** On an order, Odoo also writes the order and its customer, over which parallel calls would conflict. */
  const createLead = async () => ({
    model: 'crm.lead',
    id: await create('crm.lead', { name: 'Lead', type: 'opportunity' }),
  });
  const stranger = 'stranger@example.com';

  it('is posted once in every trial', { timeout: 400_000 }, async () => {
    const document = await createLead();
    for (let trial = 0; trial < 30; trial += 1) {
      const mail = replyMail({ from: `Trial ${trial} <trial-${trial}@example.com>`, to: shop });
      const answers = await Promise.all([1, 2, 3].map(() => actions.deliver({ ...mail, document })));
      const results = answers.map(({ result }) => result);
      expect(results.filter((result) => result === 'posted')).toHaveLength(1);
      expect(results.every((result) => ['posted', 'busy', 'duplicate'].includes(result))).toBe(true);
      expect(await postedTimes(mail.messageId)).toBe(1);
    }
  });

  it('is refused as busy while the first call still runs, and found afterwards', async () => {
    const document = await createOrder();
    const mail = replyMail({ from: ann, to: shop });
    const slow = await codeWith(pauseWithin);
    await setGate('closed');
    const first = slow(inputOf(mail, document));
    await waitAtGate(1);
    expect(await actions.deliver({ ...mail, document })).toEqual({ result: 'busy' });
    await setGate('open');
    expect(await first).toMatchObject({ result: 'posted' });
    expect(await actions.deliver({ ...mail, document })).toMatchObject({ result: 'duplicate' });
    expect(await postedTimes(mail.messageId)).toBe(1);
  });

  it('would be posted twice without the lock', async () => {
    const document = await createLead();
    const mail = replyMail({ from: stranger, to: shop });
    const slow = await codeWith((code) => pauseWithin(withoutLock(code)));
    await setGate('closed');
    const first = slow(inputOf(mail, document));
    await waitAtGate(1);
    expect(await (await codeWith(withoutLock))(inputOf(mail, document))).toMatchObject({ result: 'posted' });
    await setGate('open');
    expect(await first).toMatchObject({ result: 'posted' });
    expect(await postedTimes(mail.messageId)).toBe(2);
  });

  it.each([
    ['is found by a call that began before the first one committed', (code: string) => code, 'duplicate', 1],
    [
      'would be posted twice if that call saw only what was there when it began',
      withOldSnapshot,
      'posted',
      2,
    ],
  ])('%s', async (_name, change, result, times) => {
    const document = await createLead();
    const mail = replyMail({ from: stranger, to: shop });
    const late = await codeWith((code) => pauseFirst(change(code)));
    await setGate('closed');
    const second = late(inputOf(mail, document));
    await waitAtGate(1);
    expect(await actions.deliver({ ...mail, document })).toMatchObject({ result: 'posted' });
    await setGate('open');
    expect(await second).toMatchObject({ result });
    expect(await postedTimes(mail.messageId)).toBe(times);
  });
});

describe('a mail that Odoo does not take', () => {
  it('is refused by its loop guard after twenty mails, and the sender gets no notice', async () => {
    const document = await createOrder();
    const mail = { from: 'loop@example.com', to: shop, subject: 'Round and round' };
    for (let count = 0; count < 20; count += 1) {
      expect(await deliver(mail, document)).toMatchObject({ result: 'posted' });
    }
    expect(await deliver(mail, document)).toEqual({ result: 'refused', reason: 'loop' });
    expect(sink.mails.filter(({ recipient }) => recipient === 'loop@example.com')).toEqual([]);
    expect(await countOf('mail.mail', [['email_to', 'like', 'loop@example.com']])).toBe(0);
  });

  it('is refused when it answers the notice of that guard, or is a delivery report', async () => {
    const document = await createOrder();
    const inReplyTo = '<1.2.3-loop-detection-bounce-email@example.com>';
    expect(await deliver({ from: ann, to: shop, inReplyTo }, document)).toEqual({
      result: 'refused',
      reason: 'answers_loop_notice',
    });
    expect(await deliver({ from: 'MAILER-DAEMON@example.com', to: shop }, document)).toEqual({
      result: 'refused',
      reason: 'delivery_report',
    });
  });

  it('comes back as a failure with the class of the exception, and leaves no message', async () => {
    const document = await createOrder();
    const { message, messageId } = replyMail({ from: ann, to: shop });
    const strange = message
      .replace('charset=utf-8', 'charset=x-no-such-charset')
      .replace('base64\r\n', '8bit\r\n');
    expect(await actions.deliver({ message: strange, messageId, document })).toMatchObject({
      result: 'failed',
      exception: 'LookupError',
    });
    expect(await countOf('mail.message', [['message_id', '=', messageId]])).toBe(0);
  });

  it('fails without a mail to the sender when the alias cannot create its record', async () => {
    const [model] = (await call('ir.model', 'search', [[['model', '=', 'sale.order']]])) as [number];
    const [alias] = (await call('mail.alias.domain', 'search', [[['name', '=', domain]]])) as [number];
    await create('mail.alias', { alias_name: 'orders', alias_domain_id: alias, alias_model_id: model });
    const mail = { from: 'vera@example.com', to: `orders@${domain}` };
    expect(await deliver(mail, null)).toMatchObject({
      result: 'failed',
      exception: expect.any(String) as unknown,
    });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(sink.mails.filter(({ recipient }) => recipient === 'vera@example.com')).toEqual([]);
  });
});

describe('an alert', () => {
  it('goes to the user named on the mail server, and only they see it', async () => {
    const [server] = (await call('ir.mail_server', 'search', [[]])) as [number];
    const user = await create('res.users', { name: 'Fay Example', login: 'fay@example.com' });
    await call('ir.mail_server', 'write', [[server], { x_sweego_alert_user_id: user }]);
    const alert = { key: '1', summary: 'Reply', note: 'Where?', serverId: server };
    expect(await actions.openAlert(alert)).toEqual({ result: 'opened' });
    expect(
      await countOf('mail.activity', [
        ['x_sweego_key', '=', '1'],
        ['user_id', '=', user],
      ]),
    ).toBe(1);
    expect(await call('mail.activity', 'search_count', [[['x_sweego_key', '=', '1']]])).toBe(0);
    await call('res.users', 'write', [[user], { active: false }]);
    await actions.openAlert({ ...alert, key: '2' });
    expect(
      await countOf('mail.activity', [
        ['x_sweego_key', '=', '2'],
        ['user_id', '=', 2],
      ]),
    ).toBe(1);
  });

  it('stands in the clock menu of its user', async () => {
    await call('ir.mail_server', 'write', [[1], { x_sweego_alert_user_id: false }]);
    await actions.openAlert({ key: '3', summary: 'Reply', note: 'Where?', serverId: null });
    const groups = (await odoo.administrator.runPython(
      "action = env['res.users'].with_user(2)._get_activity_groups()",
    )) as { model: string; total_count: number }[];
    const others = groups.find(({ model }) => model === 'mail.activity');
    expect(others?.total_count).toBeGreaterThanOrEqual(1);
    expect(await actions.closeAlert('3')).toEqual({ result: 'closed' });
  });
});

describe('a reply of 30 MB', () => {
  it.each(['json2', 'jsonrpc', 'xmlrpc'] as const)('is posted over %s', async (transport) => {
    const document = await createOrder();
    const bytes = Buffer.alloc(30 * 1024 * 1024, 'attachment ');
    const encoded = bytes.toString('base64').replace(/(.{76})/g, '$1\r\n');
    const messageId = newId();
    const message = [
      `From: ${transport}@example.com`,
      `To: ${shop}`,
      'Subject: Large',
      `Message-Id: ${messageId}`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="part"',
      '',
      '--part',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'See below.',
      '--part',
      'Content-Type: application/octet-stream; name="large.bin"',
      'Content-Disposition: attachment; filename="large.bin"',
      'Content-Transfer-Encoding: base64',
      '',
      encoded,
      '--part--',
      '',
    ].join('\r\n');
    const before = process.memoryUsage().rss;
    expect(await connect(transport).deliver({ message, messageId, document })).toMatchObject({
      result: 'posted',
    });
    // The mail is 41 MB of text. The process may hold one or two copies of it, but not more.
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(300);
    const size = await odoo.administrator.runPython(
      "action = env['ir.attachment'].sudo().search([('res_model', '=', 'sale.order'), ('res_id', '=', env.context['id'])]).mapped('file_size')",
      { id: document.id },
    );
    expect(size).toEqual([bytes.length]);
  });

  it('is refused with the setting to raise when Odoo allows less', async () => {
    const document = await createOrder();
    const { message, messageId } = replyMail({ from: ann, to: shop, text: 'x'.repeat(200_000) });
    await call('ir.config_parameter', 'set_param', ['web.max_file_upload_size', '100000']);
    const refused = actions.deliver({ message, messageId, document });
    await expect(refused).rejects.toMatchObject({
      code: 'ODOO_TOO_LARGE',
      scope: 'entry',
      message: expect.stringContaining('web.max_file_upload_size') as unknown,
    });
    await call('ir.config_parameter', 'set_param', ['web.max_file_upload_size', false]);
  });
});
