import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SinkMail } from '../../../demo/smtp-sink.ts';
import { startSweegoApi } from '../../../demo/sweego-api.ts';
import { sweegoEventBody } from '../../../demo/sweego-event.ts';
import { sweegoLogRow } from '../../../demo/sweego-logs.ts';
import { reconcile } from '../../../src/flows/reconciliation/reconcile.ts';
import type { ReconcileDeps } from '../../../src/flows/reconciliation/reconcile.ts';
import { openHttpRequest } from '../../../src/http-client.ts';
import { createBridgeActions } from '../../../src/odoo/bridge-actions.ts';
import { describeBody } from '../../../src/sweego/describe-body.ts';
import { readLogPages } from '../../../src/sweego/log-pages.ts';
import { openStandIn } from '../../demo/open-stand-in.ts';
import { settingsWith } from '../../support/bridge/bridge-settings.ts';
import { openEventBridge } from '../../support/bridge/event-bridge.ts';

const hourMs = 60 * 60_000;

/** Odoo, Sweego's log and a bridge between them. No webhook arrives unless the test sends it. */
async function openScene({ bridge: hasWorker = true } = {}) {
  const odoo = await openStandIn();
  const sweego = await startSweegoApi();
  const actions = createBridgeActions(odoo.bridge);
  const bounced: string[] = [];
  const bridge = await openEventBridge({
    ...actions,
    async apply(changes) {
      const results = await actions.apply(changes);
      bounced.push(
        ...changes.flatMap((change, index) => (results[index] === 'applied' ? change.bounced_addresses : [])),
      );
      return results;
    },
  });
  if (!hasWorker) await bridge.stopWorking();
  onTestFinished(async () => {
    await bridge.close();
    await sweego.close();
    await odoo.close();
  });
  const logged: { level: string; message: string }[] = [];
  const write = (level: string) => (_fields: object, message: string) => void logged.push({ level, message });
  const run = async (changes: Partial<ReconcileDeps> = {}) =>
    reconcile({
      inbox: bridge.inbox,
      actions,
      settings: await actions.settings(),
      readLog: (query) =>
        readLogPages(
          { openHttpRequest, sleep: async () => undefined },
          sweego,
          query,
          new AbortController().signal,
        ),
      mostDays: 7,
      describe: describeBody,
      replies: { since: new Date(), isDue: false, reported: [] },
      now: () => new Date(),
      log: { info: write('info'), warn: write('warn'), error: write('error') },
      ...changes,
    });
  const uids = new Map<SinkMail, { uid: string; transactionId: string }>();
  const submissionOf = (mail: SinkMail) => {
    const known = uids.get(mail) ?? { uid: `01-${randomUUID()}`, transactionId: randomUUID() };
    uids.set(mail, known);
    return known;
  };
  return {
    odoo,
    sweego,
    bridge,
    logged,
    run,
    actions,
    /** One address for each bounce that Odoo was told to count; the stand-in itself does not count. */
    bounced,
    /** Posts on an order; returns the message and the mails that reached Sweego, by recipient. */
    async send(...addresses: string[]) {
      const partners = [];
      for (const address of addresses) partners.push(await odoo.mails.createContact(address, address));
      const order = await odoo.mails.createOrder(partners[0] ?? 0);
      const message = await odoo.mails.postMessage(order.id, partners);
      const arrived = odoo.sink.mails.filter(({ headers }) => headers['message-id'] === message.messageId);
      return { message, mails: addresses.map((each) => arrived.find((mail) => mail.recipient === each)) };
    },
    logs(mail: SinkMail | undefined, status: string, more: object = {}) {
      if (mail === undefined) throw new Error('The mail did not arrive.');
      const row = sweegoLogRow({ mail, ...submissionOf(mail), status, at: new Date(), ...more });
      sweego.logRows.push(row);
      return row;
    },
    async webhook(mail: SinkMail | undefined, type: string, smtpAnswer?: string, secretId = 'test') {
      if (mail === undefined) throw new Error('The mail did not arrive.');
      const answer = smtpAnswer === undefined ? {} : { smtpAnswer };
      const body = sweegoEventBody({ type, mail, ...submissionOf(mail), at: new Date(), ...answer });
      await bridge.inbox.put({
        kind: 'outbound',
        requestKey: randomUUID(),
        body: Buffer.from(body),
        receivedAt: new Date(),
        secretId,
      });
    },
    async activities() {
      return odoo.admin.call({
        model: 'mail.activity',
        method: 'search_read',
        arguments: { domain: [['active', 'in', [true, false]]], fields: ['active'] },
      });
    },
    /** Removes the history from Odoo, as restoring an older backup does. */
    async forget() {
      const events = (await odoo.admin.call({
        model: 'x_sweego_event',
        method: 'search_read',
        arguments: { domain: [], fields: ['id'] },
      })) as { id: number }[];
      await odoo.admin.call({ model: 'x_sweego_event', method: 'unlink', ids: events.map(({ id }) => id) });
    },
    async history() {
      const rows = await odoo.admin.call({
        model: 'x_sweego_event',
        method: 'search_read',
        arguments: { domain: [], fields: ['x_recipient', 'x_type'], order: 'id' },
      });
      return (rows as { x_recipient: string; x_type: string }[]).map(
        (row) => `${row.x_recipient} ${row.x_type}`,
      );
    },
  };
}

describe('when all webhooks are lost', () => {
  it('one reconciliation brings to Odoo what the webhooks would have brought', async () => {
    const scene = await openScene();
    const { message, mails } = await scene.send('ann@example.com', 'bob@example.com', 'cat@example.com');
    scene.logs(mails[0], 'opened-human');
    scene.logs(mails[1], 'undelivered', { bounceType: 'hard', smtpAnswer: '550 5.1.1 user unknown' });
    scene.logs(mails[2], 'queued');
    const { run } = await scene.run();
    expect(run).toMatchObject({ outcome: 'complete', pending: 1, news: 3, tooOld: null });
    await scene.bridge.drained();
    expect(await scene.odoo.mails.notificationsOf(message.id)).toMatchObject([
      { notification_status: 'sent', x_sweego_status: 'email_opened' },
      {
        notification_status: 'exception',
        failure_type: 'mail_email_invalid',
        x_sweego_status: 'hard_bounce',
      },
      { notification_status: 'sent', x_sweego_status: 'email_sent' },
    ]);
    expect(await scene.odoo.mails.mailsOf(message.id)).toMatchObject([{ state: 'exception' }]);
  });

  it('a second one stores nothing, except for a state that changed meanwhile', async () => {
    const scene = await openScene();
    const { message, mails } = await scene.send('ann@example.com', 'bob@example.com');
    scene.logs(mails[0], 'delivered');
    scene.logs(mails[1], 'undelivered', { bounceType: 'soft', smtpAnswer: '451 4.7.1 later' });
    await scene.run();
    await scene.bridge.drained();
    expect((await scene.run()).run).toMatchObject({ outcome: 'complete', pending: 1, news: 0 });
    scene.logs(mails[1], 'delivered');
    expect((await scene.run()).run).toMatchObject({ news: 1 });
    await scene.bridge.drained();
    expect(await scene.odoo.mails.mailsOf(message.id)).toEqual([]);
    expect((await scene.run()).run.pending).toBe(0);
  });

  it('and webhooks arrive too, no event is applied twice', async () => {
    const scene = await openScene();
    const { mails } = await scene.send('ann@example.com', 'bob@example.com');
    await scene.webhook(mails[0], 'email_sent');
    await scene.webhook(mails[0], 'delivered');
    await scene.bridge.drained();
    scene.logs(mails[0], 'delivered');
    scene.logs(mails[1], 'delivered');
    expect((await scene.run()).run.news).toBe(1);
    await scene.bridge.drained();
    await scene.webhook(mails[1], 'email_sent');
    await scene.webhook(mails[1], 'delivered');
    await scene.bridge.drained();
    expect(await scene.history()).toEqual([
      'ann@example.com email_sent',
      'ann@example.com delivered',
      'bob@example.com email_sent',
      'bob@example.com delivered',
    ]);
  });
});

it('applies again what an Odoo that was restored from a backup has lost', async () => {
  const scene = await openScene();
  const { mails } = await scene.send('ann@example.com');
  scene.logs(mails[0], 'queued');
  await scene.run();
  await scene.bridge.drained();
  const before = ['ann@example.com email_sent'];
  expect(await scene.history()).toEqual(before);
  await scene.forget();
  expect((await scene.run()).run.news).toBe(1);
  await scene.bridge.drained();
  expect(await scene.history()).toEqual(before);
  expect((await scene.run()).run.news).toBe(0);
});

it('applies a failure again when better evidence for it arrives, whatever its date', async () => {
  const scene = await openScene();
  const { message, mails } = await scene.send('ann@example.com');
  const at = new Date();
  scene.logs(mails[0], 'undelivered', { bounceType: 'soft', smtpAnswer: '451 4.7.1 later', at });
  await scene.run();
  await scene.bridge.drained();
  scene.sweego.logRows.length = 0;
  scene.logs(mails[0], 'undelivered', { bounceType: 'hard', smtpAnswer: '550 5.1.1 user unknown', at });
  expect((await scene.run()).run.news).toBe(1);
  await scene.bridge.drained();
  expect((await scene.odoo.mails.notificationsOf(message.id))[0]).toMatchObject({
    x_sweego_status: 'hard_bounce',
  });
});

describe('a failure that is not final', () => {
  it('is shown, keeps its mail pending, and ends when the log or a webhook reports a delivery', async () => {
    const scene = await openScene();
    const { message, mails } = await scene.send('ann@example.com', 'bob@example.com');
    for (const mail of mails) scene.logs(mail, 'undelivered', { bounceType: null });
    await scene.run();
    await scene.bridge.drained();
    expect(await scene.odoo.mails.notificationsOf(message.id)).toMatchObject([
      { notification_status: 'exception', failure_type: 'unknown', x_sweego_status: 'soft_bounce' },
      { notification_status: 'exception', failure_type: 'unknown', x_sweego_status: 'soft_bounce' },
    ]);
    scene.logs(mails[0], 'delivered');
    expect((await scene.run()).run).toMatchObject({ pending: 1, news: 1 });
    await scene.webhook(mails[1], 'delivered');
    await scene.bridge.drained();
    expect(await scene.odoo.mails.notificationsOf(message.id)).toMatchObject([
      { notification_status: 'sent', failure_type: false, x_sweego_status: 'delivered' },
      { notification_status: 'sent', failure_type: false, x_sweego_status: 'delivered' },
    ]);
    expect(await scene.odoo.mails.mailsOf(message.id)).toEqual([]);
  });
});

describe('a failure that is labelled hard', () => {
  it('counts as new when it was temporary and becomes final', async () => {
    const scene = await openScene();
    const { message, mails } = await scene.send('ann@example.com');
    scene.logs(mails[0], 'undelivered', { bounceType: 'hard', smtpAnswer: '451 4.7.652 later' });
    await scene.run();
    await scene.bridge.drained();
    expect(await scene.odoo.mails.notificationsOf(message.id)).toMatchObject([
      { failure_type: 'mail_smtp', x_sweego_status: 'soft_bounce' },
    ]);
    scene.sweego.logRows.length = 0;
    const more = {
      bounceType: 'hard',
      smtpAnswer: '550 5.1.1 user unknown',
      at: new Date(Date.now() + hourMs),
    };
    scene.logs(mails[0], 'undelivered', more);
    expect((await scene.run()).run).toMatchObject({ pending: 1, news: 1 });
    await scene.bridge.drained();
    expect(await scene.odoo.mails.notificationsOf(message.id)).toMatchObject([
      { failure_type: 'mail_email_invalid', x_sweego_status: 'hard_bounce' },
    ]);
  });
});

describe.each(['the log first', 'the webhook first', 'both at once'])(
  'an event from two sources, %s,',
  (order) => {
    type Scene = Awaited<ReturnType<typeof openScene>>;
    async function tellTwice(scene: Scene, tellLog: () => unknown, tellWebhook: () => Promise<void>) {
      const steps = [
        async () => {
          tellLog();
          await scene.run();
        },
        tellWebhook,
      ];
      for (const step of order === 'the webhook first' ? steps.reverse() : steps) {
        await step();
        if (order !== 'both at once') await scene.bridge.drained();
      }
      await scene.bridge.drained();
    }

    it('is judged by the better evidence, stored once, and found by its Message-Id on the wire', async () => {
      const scene = await openScene();
      const { message, mails } = await scene.send('ann@example.com');
      await tellTwice(
        scene,
        () => scene.logs(mails[0], 'undelivered', { bounceType: 'hard' }),
        async () => {
          await scene.webhook(mails[0], 'email_sent');
          await scene.webhook(mails[0], 'hard_bounce', '550 5.7.1 refused by policy');
        },
      );
      expect(await scene.odoo.mails.notificationsOf(message.id)).toMatchObject([
        { notification_status: 'exception', failure_type: 'mail_smtp', x_sweego_status: 'hard_bounce' },
      ]);
      expect(await scene.odoo.mails.mailsOf(message.id)).toMatchObject([{ failure_type: 'mail_smtp' }]);
      expect((await scene.history()).sort()).toEqual([
        'ann@example.com email_sent',
        'ann@example.com hard_bounce',
      ]);
      const read = await scene.actions.read([message.messageId]);
      expect(read.messages[0]?.notifications[0]?.sweego_message_id).toMatch(/^<.+>$/);
      expect(read.messages[0]?.events.map(({ event_id: id }) => id?.startsWith('log:'))).toEqual([
        false,
        false,
      ]);
    });

    it('counts one bounce of an address when the mail server reports it', async () => {
      const scene = await openScene();
      const admin = scene.odoo.admin;
      const all = { method: 'search', arguments: { domain: [] } };
      const servers = (await admin.call({ model: 'ir.mail_server', ...all })) as number[];
      await admin.call({
        model: 'ir.mail_server',
        method: 'write',
        ids: servers,
        arguments: { vals: { x_sweego_count_bounces: true } },
      });
      const { mails } = await scene.send('ann@example.com');
      const bounced = { bounceType: 'hard', smtpAnswer: '550 5.1.1 user unknown' };
      await tellTwice(
        scene,
        () => scene.logs(mails[0], 'undelivered', bounced),
        () => scene.webhook(mails[0], 'hard_bounce', bounced.smtpAnswer, `server:${servers[0]}:outbound`),
      );
      expect(scene.bounced).toEqual(['ann@example.com']);
    });
  },
);

describe('Sweego’s log', () => {
  it('is not read while no mail is pending', async () => {
    const scene = await openScene();
    expect((await scene.run()).run).toMatchObject({ outcome: 'complete', pending: 0, domains: [] });
    expect(scene.sweego.requests).toEqual([]);
  });

  it('may hold rows of other users of the account, which are not stored', async () => {
    const scene = await openScene();
    const { mails } = await scene.send('ann@example.com');
    const row = scene.logs(mails[0], 'delivered');
    const headers = { 'x-message-id': '<other@odoo.example.org>' };
    scene.sweego.logRows.push(
      { ...row, swg_uid: '01-other', headers },
      { ...row, swg_uid: '01-no', headers: {} },
    );
    expect((await scene.run()).run).toMatchObject({ news: 1 });
  });

  it('may answer 422 for one domain of three: the others are read, and the result names it (S11)', async () => {
    const scene = await openScene();
    const { mails } = await scene.send('ann@example.com');
    const row = scene.logs(mails[0], 'delivered');
    const settings = {
      servers: [],
      alias_domains: ['a.example', 'z.example'].map((name) => ({ name })),
    };
    const { run } = await scene.run({ settings });
    expect(run).toMatchObject({ outcome: 'complete', news: 1 });
    expect(run.domains).toEqual([
      { domain: 'a.example', result: 'none', rows: 0 },
      { domain: row['domain_from'], result: 'read', rows: 1 },
      { domain: 'z.example', result: 'none', rows: 0 },
    ]);
  });

  it('may answer 422 for the domain that mails were sent from: the run is partial (S11)', async () => {
    const scene = await openScene();
    await scene.send('ann@example.com');
    const alias = { name: 'a.example' };
    const settings = { servers: [{ ...settingsWith().servers[0] }] as never, alias_domains: [alias] };
    expect((await scene.run({ settings })).run).toMatchObject({ outcome: 'complete' });
    const { run } = await scene.run({ settings, now: () => new Date(Date.now() + hourMs / 2) });
    expect(run.outcome).toBe('partial');
    expect(run.domains).toEqual([
      { domain: 'a.example', result: 'none', rows: 0 },
      { domain: expect.any(String) as unknown, result: 'failed', rows: 0, code: 'SWEEGO_LOG_EMPTY' },
    ]);
  });

  it('may hold an unreadable row of ours: the run is partial, and the row is not used', async () => {
    const scene = await openScene();
    const { message, mails } = await scene.send('ann@example.com', 'bob@example.com');
    scene.logs(mails[0], 'delivered');
    const row = scene.logs(mails[1], 'undelivered', { bounceType: 'hard' });
    scene.sweego.logRows[1] = { ...row, email_creation: `${row['email_creation'] as string} CET` };
    const { run } = await scene.run({ settings: { servers: [], alias_domains: [] } });
    expect(run).toMatchObject({ outcome: 'partial', news: 1, unreadable: 1 });
    expect(run.domains).toMatchObject([{ result: 'failed', code: 'SWEEGO_ROW_UNREADABLE', rows: 2 }]);
    await scene.bridge.drained();
    expect(await scene.odoo.mails.notificationsOf(message.id)).toMatchObject([
      { notification_status: 'sent', x_sweego_status: 'delivered' },
      { notification_status: 'sent', x_sweego_status: false },
    ]);
  });

  it('may hold unreadable rows of others, which are ignored', async () => {
    const scene = await openScene();
    const { mails } = await scene.send('ann@example.com');
    const row = scene.logs(mails[0], 'delivered');
    const headers = { 'x-message-id': '<other@odoo.example.org>' };
    scene.sweego.logRows.push({ ...row, swg_uid: '', headers: {} }, { ...row, status: null, headers });
    expect((await scene.run()).run).toMatchObject({ outcome: 'complete', news: 1, unreadable: 0 });
  });

  it('is not read again after 429, and the result says for how long', async () => {
    const scene = await openScene();
    await scene.send('ann@example.com');
    const alias = { name: 'a.example' };
    scene.sweego.failNext(429, 429, 429, 429);
    const { run } = await scene.run({ settings: { servers: [], alias_domains: [alias] } });
    expect(run.domains.map(({ result, code }) => code ?? result)).toEqual([
      'SWEEGO_TOO_MANY_REQUESTS',
      'skipped',
    ]);
    expect(scene.sweego.requests).toHaveLength(4);
  });

  it('may hold rows of dry runs, which count for nothing', async () => {
    const scene = await openScene();
    const { mails } = await scene.send('ann@example.com');
    scene.logs(mails[0], 'delivered');
    const row = scene.sweego.logRows.pop() ?? expect.fail();
    scene.sweego.logRows.push({ ...row, dry_run: true });
    expect((await scene.run()).run).toMatchObject({ outcome: 'complete', news: 0, unreadable: 0 });
  });

  it('may hold rows that an earlier run stored, which are counted and stored once', async () => {
    const scene = await openScene({ bridge: false });
    const { mails } = await scene.send('ann@example.com');
    scene.logs(mails[0], 'delivered');
    expect((await scene.run()).run.news).toBe(1);
    await scene.bridge.inbox.claim({ kinds: [], limit: 0, now: new Date(), describe: describeBody });
    expect((await scene.run()).run.news).toBe(0);
    expect((await scene.bridge.inbox.status()).unclaimed).toBe(0);
  });

  it('may fail for one domain: the run is partial, and the others are read', async () => {
    const scene = await openScene();
    const { mails } = await scene.send('ann@example.com');
    scene.logs(mails[0], 'delivered');
    scene.sweego.failNext(500);
    const alias = { name: 'a.example' };
    const { run } = await scene.run({ settings: { servers: [], alias_domains: [alias] } });
    expect(run).toMatchObject({ outcome: 'partial', news: 1 });
    expect(run.domains[0]).toMatchObject({ result: 'failed', code: 'SWEEGO_UNAVAILABLE' });
    expect(scene.logged.at(-1)).toMatchObject({ level: 'error' });
  });

  it('is not read further after the key was refused, which is logged once', async () => {
    const scene = await openScene();
    await scene.send('ann@example.com');
    scene.sweego.failNext(401);
    const { run } = await scene.run();
    expect(run).toMatchObject({ outcome: 'failed', inbound: 'skipped' });
    expect(run.domains[0]).toMatchObject({ result: 'failed', code: 'SWEEGO_API_KEY_REFUSED' });
    expect(run.domains.slice(1).every(({ result }) => result === 'skipped')).toBe(true);
    expect(scene.sweego.requests).toHaveLength(1);
    expect(scene.logged).toEqual([
      { level: 'error', message: 'reconciliation could not read all of Sweego’s log' },
    ]);
  });

  it('is read for the next domain when the key has no right for one', async () => {
    const scene = await openScene();
    const { mails } = await scene.send('ann@example.com');
    scene.logs(mails[0], 'delivered');
    scene.sweego.failNext(403);
    const alias = { name: 'a.example' };
    const { run } = await scene.run({ settings: { servers: [], alias_domains: [alias] } });
    expect(run).toMatchObject({ outcome: 'partial', news: 1 });
    expect(run.domains[0]).toMatchObject({ domain: 'a.example', code: 'SWEEGO_API_KEY_REFUSED' });
  });

  it('is read for all domains when a mail has no From domain', async () => {
    const scene = await openScene();
    const { mails } = await scene.send('ann@example.com');
    scene.logs(mails[0], 'delivered');
    const actions = createBridgeActions(scene.odoo.bridge);
    const { run } = await scene.run({
      settings: { servers: [], alias_domains: [] },
      actions: {
        ...actions,
        pending: async (cursor) => {
          const page = await actions.pending(cursor);
          return { ...page, messages: page.messages.map((message) => ({ ...message, from_domain: null })) };
        },
      },
    });
    expect(run).toMatchObject({ outcome: 'complete', news: 1, domains: [{ domain: '*', result: 'read' }] });
  });

  it('is not read for mails pending for more than seven days; their number and age are logged', async () => {
    const scene = await openScene();
    await scene.send('ann@example.com');
    const now = () => new Date(Date.now() + 9 * 24 * hourMs);
    const { run } = await scene.run({ now, replies: { since: now(), isDue: false, reported: [] } });
    expect(run).toMatchObject({ pending: 1, tooOld: { count: 1 }, domains: [] });
    expect(scene.sweego.requests).toEqual([]);
    expect(scene.logged[0]).toMatchObject({
      level: 'warn',
      message: 'pending mails are older than the part of Sweego’s log that is read',
    });
    expect((await scene.run({ now, mostDays: 30 })).run.domains).not.toEqual([]);
  });
});

describe('a reply that Sweego received', () => {
  const received = (uid: string, hoursAgo: number, changes: object = {}) => ({
    swg_uid: uid,
    status: 'received',
    receipt_dt: new Date(Date.now() - hoursAgo * hourMs).toISOString().slice(0, 19),
    email_from: { email: 'ann@customer.example.com', name: 'Ann' },
    inbound_recipient: { email: 'reply+3233@odoo.example.com', name: '' },
    email_to: [],
    subject: 'Where is it?',
    ...changes,
  });
  const dayAgo = () => new Date(Date.now() - 24 * hourMs);
  async function storeReply(scene: Awaited<ReturnType<typeof openScene>>, uid: string) {
    await scene.bridge.inbox.put({
      kind: 'inbound',
      requestKey: `w-${uid}`,
      body: Buffer.from(JSON.stringify({ event_type: 'email_inbound', swg_uid: uid })),
      receivedAt: new Date(Date.now() - 3 * hourMs),
      secretId: 'test',
    });
    for (let tries = 0; (await scene.bridge.inbox.status()).unclaimed > 0; tries += 1) {
      if (tries > 300) throw new Error('Not split.');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('is reported once, with sender and subject, when it never reached the inbox', async () => {
    const scene = await openScene();
    await scene.send('ann@example.com');
    await storeReply(scene, '04-stored');
    scene.sweego.logRows.push(
      received('04-stored', 3),
      received('04-lost', 3),
      received('04-error', 5, { status: 'error' }),
    );
    const { run, lostReplies } = await scene.run({
      replies: { since: dayAgo(), isDue: false, reported: [] },
    });
    expect(run).toMatchObject({ inbound: 'checked', lostReplies: ['04-lost', '04-error'] });
    expect(lostReplies[0]).toMatchObject({ sender: 'ann@customer.example.com', subject: 'Where is it?' });
    expect(JSON.stringify(run)).not.toContain('customer.example.com');
    expect(scene.logged.filter(({ message }) => message === 'lost reply')).toHaveLength(2);
    expect(
      (await scene.run({ replies: { since: dayAgo(), isDue: false, reported: [] } })).lostReplies,
    ).toEqual([]);
  });

  it('is looked for even while no mail is pending, when that is due', async () => {
    const scene = await openScene();
    scene.sweego.logRows.push(received('04-lost', 3));
    const since = dayAgo();
    expect((await scene.run({ replies: { since, isDue: false, reported: [] } })).run.inbound).toBe(
      'not needed',
    );
    expect(scene.sweego.requests).toEqual([]);
    const { run, repliesSeenUntil } = await scene.run({ replies: { since, isDue: true, reported: [] } });
    expect(run).toMatchObject({ outcome: 'complete', pending: 0, lostReplies: ['04-lost'] });
    expect(Date.now() - (repliesSeenUntil?.getTime() ?? 0)).toBeGreaterThan(1.9 * hourMs);
  });

  it('is reported once also when its time cannot be read', async () => {
    const scene = await openScene();
    await scene.send('ann@example.com');
    await storeReply(scene, '04-stored');
    const time = { receipt_dt: 'yesterday', creation_dt: null };
    const rows = [received('04-lost', 3, time), received('04-stored', 3, time)];
    const run = () =>
      scene.run({
        replies: { since: dayAgo(), isDue: false, reported: [] },
        readLog: async function* ({ channel }) {
          await Promise.resolve();
          yield { rows: channel === 'email_inbound' ? rows : [], isRefused: false };
        },
      });
    expect((await run()).lostReplies).toMatchObject([{ swgUid: '04-lost', receivedAt: undefined }]);
    expect((await run()).lostReplies).toEqual([]);
  });

  it('is not lost while Sweego retries it, when it belongs to another domain, or when it was forwarded', async () => {
    const scene = await openScene();
    await scene.send('ann@example.com');
    const elsewhere = { inbound_recipient: { email: 'a@other.example', name: '' } };
    scene.sweego.logRows.push(
      received('04-young', 1),
      received('04-other', 3, elsewhere),
      received('04-forwarded', 3, { status: 'forwarded' }),
      received('04-before', 30),
    );
    expect((await scene.run({ replies: { since: dayAgo(), isDue: false, reported: [] } })).run).toMatchObject(
      {
        inbound: 'checked',
        lostReplies: [],
      },
    );
  });

  it('is not lost when an erased entry may hold it', async () => {
    const scene = await openScene();
    await scene.send('ann@example.com');
    await storeReply(scene, '04-erased');
    const [entry] = await scene.bridge.inbox.list({ kinds: ['inbound'] });
    await scene.bridge.inbox.erase([entry?.id ?? 0], new Date());
    scene.sweego.logRows.push(received('04-erased', 3.02));
    expect(
      (await scene.run({ replies: { since: dayAgo(), isDue: false, reported: [] } })).lostReplies,
    ).toEqual([]);
  });

  it('is not lost while the inbox holds it in a request that is not split yet', async () => {
    const scene = await openScene({ bridge: false });
    await scene.send('ann@example.com');
    const put = (uid: string) =>
      scene.bridge.inbox.put({
        kind: 'inbound',
        requestKey: `w-${uid}`,
        body: Buffer.from(JSON.stringify({ event_type: 'email_inbound', swg_uid: uid })),
        receivedAt: new Date(),
        secretId: 'test',
      });
    await put('04-new');
    scene.sweego.logRows.push(received('04-new', 3));
    const replies = { since: dayAgo(), isDue: false, reported: [] };
    expect((await scene.run({ replies })).run).toMatchObject({ inbound: 'checked', lostReplies: [] });
    // New requests arrive faster than they can be split.
    const status = async () => ({ ...(await scene.bridge.inbox.status()), unclaimed: 1 });
    const flooded = { ...scene.bridge.inbox, status };
    scene.sweego.logRows.push(received('04-other', 3));
    expect((await scene.run({ replies, inbox: flooded })).run).toMatchObject({
      inbound: 'postponed',
      lostReplies: [],
    });
  });

  it('is not reported again after a user cancelled its activity', async () => {
    const scene = await openScene();
    await scene.send('ann@example.com');
    scene.sweego.logRows.push(received('04-lost', 3));
    const { run } = await scene.run({ replies: { since: dayAgo(), isDue: false, reported: ['04-lost'] } });
    expect(run).toMatchObject({ inbound: 'checked', lostReplies: [] });
    expect(await scene.activities()).toEqual([]);
  });

  it('has its activity closed when it arrives after all', async () => {
    const scene = await openScene();
    await scene.send('ann@example.com');
    scene.sweego.logRows.push(received('04-late', 3));
    await scene.run({ replies: { since: dayAgo(), isDue: false, reported: [] } });
    expect(await scene.activities()).toMatchObject([{ active: true }]);
    await storeReply(scene, '04-late');
    await scene.run({ replies: { since: dayAgo(), isDue: false, reported: ['04-late'] } });
    expect(await scene.activities()).toMatchObject([{ active: false }]);
  });

  it('makes the run partial when Sweego does not answer about it', async () => {
    const scene = await openScene();
    const { mails } = await scene.send('ann@example.com');
    scene.logs(mails[0], 'delivered');
    const { run } = await scene.run({
      replies: { since: dayAgo(), isDue: false, reported: [] },
      readLog: (query) => {
        if (query.channel === 'email_inbound') scene.sweego.failNext(500);
        return readLogPages(
          { openHttpRequest, sleep: async () => undefined },
          scene.sweego,
          query,
          new AbortController().signal,
        );
      },
    });
    expect(run).toMatchObject({ outcome: 'partial', inbound: 'failed', news: 1 });
  });
});
