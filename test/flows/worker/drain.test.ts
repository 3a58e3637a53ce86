import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SinkMail } from '../../../demo/smtp-sink.ts';
import { sweegoEventBody } from '../../../demo/sweego-event.ts';
import { bridgeError } from '../../../src/errors.ts';
import { createOutboundLane } from '../../../src/flows/delivery/outbound-lane.ts';
import type { OutboundLaneDeps } from '../../../src/flows/delivery/outbound-lane.ts';
import { createSettingsKeeper } from '../../../src/flows/settings/settings-keeper.ts';
import { createWorker } from '../../../src/flows/worker/worker.ts';
import type { Worker } from '../../../src/flows/worker/worker.ts';
import type { EntryState, EntrySummary, Inbox } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { createBridgeActions } from '../../../src/odoo/bridge-actions.ts';
import type { BridgeActions } from '../../../src/odoo/bridge-actions.ts';
import { describeBody } from '../../../src/sweego/describe-body.ts';
import { openStandIn } from '../../demo/open-stand-in.ts';
import type { OpenStandIn } from '../../demo/open-stand-in.ts';
import { noSnapshot } from '../../support/inbox/no-snapshot.ts';

let odoo: OpenStandIn;
let inbox: Inbox;
let folder: string;
let worker: Worker;
/** The clock of the worker: every sleep moves it forward without waiting. */
let clock: number;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

beforeEach(async () => {
  odoo = await openStandIn();
  folder = await mkdtemp(join(tmpdir(), 'drain-'));
  inbox = await openInbox(`file:${join(folder, 'bridge.sqlite')}`);
  clock = Date.parse('2026-11-01T10:00:00Z');
});
afterEach(async () => {
  await worker.stop();
  await inbox.close();
  await odoo.close();
  rmSync(folder, { recursive: true });
});

function startWorker(
  change: (actions: BridgeActions) => Partial<OutboundLaneDeps['actions']> = () => ({}),
  usedInbox: Inbox = inbox,
): void {
  const actions = createBridgeActions(odoo.bridge);
  const now = (): Date => new Date(clock);
  const settings = createSettingsKeeper({
    actions,
    snapshot: noSnapshot,
    environmentSecrets: { outbound: [], inbound: [] },
    now,
    log: silent,
  });
  worker = createWorker({
    inbox: usedInbox,
    lanes: [
      createOutboundLane({
        actions: {
          read: (ids) => actions.read(ids),
          apply: (changes) => actions.apply(changes),
          ...change(actions),
        },
        log: silent,
      }),
    ],
    settings,
    describe: describeBody,
    retain: { bodiesDays: 7, entriesDays: 90 },
    holder: 'test',
    now,
    random: () => 0.5,
    sleep: async (ms, signal) => {
      if (!signal.aborted) clock += ms;
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
    log: silent,
  });
  worker.start();
}

async function put(body: string): Promise<void> {
  const receivedAt = new Date(clock);
  const requestKey = `w-${Math.random()}`;
  await inbox.put({
    kind: 'outbound',
    requestKey,
    body: Buffer.from(body),
    receivedAt,
    secretId: 'test',
  });
}

function event(type: string, mail: SinkMail, changes: Record<string, unknown> = {}): string {
  const body = sweegoEventBody({
    type,
    mail,
    uid: `01-${mail.recipient}`,
    transactionId: 'd4fbec9d-eed9-44d5-af47-c1126467a5ca',
    at: new Date(clock),
    ...(type === 'hard_bounce' ? { smtpAnswer: '550 5.1.1 User unknown' } : {}),
  });
  return JSON.stringify({ ...(JSON.parse(body) as object), ...changes });
}

async function sendMail(address: string): Promise<{ mail: SinkMail; message: number }> {
  const partner = await odoo.mails.createContact(address, address);
  const order = await odoo.mails.createOrder(partner);
  const { id } = await odoo.mails.postMessage(order.id, [partner]);
  return { mail: await odoo.sink.waitFor((each) => each.recipient === address), message: id };
}

/** Lists the entries again and again, and moves the clock forward by `advanceMs` each time. */
async function until(isRight: (entries: EntrySummary[]) => boolean, advanceMs = 0): Promise<EntrySummary[]> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const entries = await inbox.list({});
    if (isRight(entries)) return entries;
    clock += advanceMs;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`The entries never got there: ${JSON.stringify(await inbox.list({ limit: 5 }))}`);
}

const allAre =
  (state: EntryState, count: number) =>
  (entries: EntrySummary[]): boolean =>
    entries.length === count && entries.every((entry) => entry.state === state);

describe('the worker', () => {
  it('applies everything once after an outage, and counts no attempt', async () => {
    const { mail, message } = await sendMail('ann@example.com');
    await odoo.standIn.setCondition('bad gateway');
    startWorker();
    await put(event('hard_bounce', mail));
    const startedAt = clock;
    await until(() => clock - startedAt > 3 * 3_600_000, 300_000);
    await odoo.standIn.setCondition('working');
    const [entry] = await until(allAre('settled', 1));
    expect(entry).toMatchObject({ reason: 'applied', attempts: 0, waits: 0 });
    expect(await odoo.mails.notificationsOf(message)).toMatchObject([{ notification_status: 'exception' }]);
  });

  it('waits for a message that Odoo does not show yet, and finally settles its event as not ours', async () => {
    const { mail } = await sendMail('bob@example.com');
    startWorker();
    await put(event('delivered', mail, { headers: { 'x-message-id': '<elsewhere@example.org>' } }));
    const [entry] = await until(allAre('settled', 1), 60_000);
    expect(entry?.reason).toMatch(/^ignored: no such message/);
    const history = await inbox.history(entry?.id ?? 0);
    const waited = history.filter(({ state }) => state === 'waiting');
    expect(waited).toHaveLength(5);
    const first = history[0]?.at.getTime() ?? 0;
    const last = history.at(-1)?.at.getTime() ?? 0;
    expect(last - first).toBeGreaterThan(3_600_000);
  });

  it('parks events without a recipient or message, with the reason', async () => {
    const { mail } = await sendMail('cleo@example.com');
    startWorker();
    await put(event('hard_bounce', mail, { headers: {} }));
    await put(
      event('hard_bounce', mail, { event_id: 'e2', swg_uid: '01-x', recipient: 'nobody@example.com' }),
    );
    await put('not json');
    const entries = await until(allAre('parked', 3));
    expect(entries.map(({ reason }) => reason.split(':')[0]).sort()).toEqual([
      'EVENT_UNMATCHABLE',
      'EVENT_UNMATCHED',
      'SWEEGO_BODY_UNREADABLE',
    ]);
  });

  it('settles an event of an unknown type as ignored, and names the type', async () => {
    const { mail } = await sendMail('dora@example.com');
    startWorker();
    await put(event('brand-new', mail));
    const [entry] = await until(allAre('settled', 1));
    expect(entry?.reason).toBe('ignored: event type brand_new');
  });

  it('parks one poisonous event after its attempts, and applies all the others', async () => {
    const { mail, message } = await sendMail('eve@example.com');
    const poison = '<poison@example.com>';
    startWorker((actions) => ({
      read: (messageIds) => {
        if (!messageIds.includes(poison)) return actions.read(messageIds);
        return Promise.reject(bridgeError('ODOO_VALUE', 'Odoo does not understand it'));
      },
    }));
    for (let index = 0; index < 50; index += 1) {
      await put(
        event('email_sent', mail, { event_id: `a${index}`, timestamp: `2026-11-01T09:00:${10 + index}` }),
      );
    }
    await put(event('hard_bounce', mail, { event_id: 'bad', headers: { 'x-message-id': poison } }));
    await put(event('hard_bounce', mail, { event_id: 'good', timestamp: '2026-11-01T09:30:00' }));
    const entries = await until(
      (all) => all.length === 52 && all.every(({ state }) => state === 'settled' || state === 'parked'),
      600_000,
    );
    const parked = entries.filter(({ state }) => state === 'parked');
    expect(parked).toHaveLength(1);
    expect(parked[0]).toMatchObject({ attempts: 6 });
    expect(parked[0]?.reason).toMatch(/^ODOO_VALUE/);
    expect(await odoo.mails.notificationsOf(message)).toMatchObject([{ notification_status: 'exception' }]);
  });

  it('shows a bounce whose text contains characters that PostgreSQL cannot store', async () => {
    const { mail, message } = await sendMail('zoe@example.com');
    startWorker();
    await put(event('hard_bounce', mail, { details: '(550 5.1.1 no\u0000such \ud800 user)' }));
    await until(allAre('settled', 1));
    const [row] = await odoo.mails.notificationsOf(message);
    expect(row?.notification_status).toBe('exception');
    expect(row?.failure_reason).toContain('550 5.1.1 no\ufffdsuch \ufffd user');
  });

  it('applies the other events of a message when Odoo refuses one of them', async () => {
    const partners = await Promise.all(
      ['one@example.com', 'two@example.com'].map((each) => odoo.mails.createContact(each, each)),
    );
    const order = await odoo.mails.createOrder(partners[0] ?? 0);
    const { id } = await odoo.mails.postMessage(order.id, partners);
    const mails = await Promise.all(
      ['one@example.com', 'two@example.com'].map((each) =>
        odoo.sink.waitFor((mail) => mail.recipient === each),
      ),
    );
    await put(event('hard_bounce', mails[0] as SinkMail, { swg_uid: 'bad' }));
    await put(
      event('hard_bounce', mails[1] as SinkMail, { swg_uid: 'good', timestamp: '2026-11-01T09:30:00' }),
    );
    startWorker((actions) => ({
      apply: (changes) => {
        if (!JSON.stringify(changes).includes('"bad"')) return actions.apply(changes);
        return Promise.reject(bridgeError('ODOO_VALUE', 'Odoo does not understand it'));
      },
    }));
    await until((all) => all.some(({ state }) => state === 'settled'));
    const rows = await odoo.mails.notificationsOf(id);
    expect(rows.map((row) => row.notification_status).sort()).toEqual(['exception', 'sent']);
  });

  it('does not lose its claims when the inbox could not be written for a while', async () => {
    const { mail, message } = await sendMail('yan@example.com');
    let failures = 2;
    const written = inbox.settle.bind(inbox);
    const failing: Inbox = {
      ...inbox,
      settle: (...words) => {
        failures -= 1;
        return failures < 0
          ? written(...words)
          : Promise.reject(bridgeError('INBOX_WRITE_FAILED', 'The disk is full'));
      },
    };
    startWorker(undefined, failing);
    await put(event('hard_bounce', mail));
    await until(allAre('settled', 1));
    expect(await odoo.mails.notificationsOf(message)).toMatchObject([{ notification_status: 'exception' }]);
  });

  it('is not blocked for ever by one event at which Odoo answers like a broken proxy', async () => {
    const { mail, message } = await sendMail('finn@example.com');
    const poison = '<poison@example.com>';
    startWorker((actions) => ({
      read: (messageIds) => {
        if (!messageIds.includes(poison)) return actions.read(messageIds);
        return Promise.reject(bridgeError('ODOO_UNAVAILABLE', 'HTML 500'));
      },
    }));
    await put(event('hard_bounce', mail, { event_id: 'bad', headers: { 'x-message-id': poison } }));
    await put(event('hard_bounce', mail, { event_id: 'good', timestamp: '2026-11-01T09:30:00' }));
    const entries = await until((all) => all.some(({ state }) => state === 'settled'));
    expect(entries.find(({ state }) => state === 'settled')?.reason).toBe('applied');
    expect(await odoo.mails.notificationsOf(message)).toMatchObject([{ notification_status: 'exception' }]);
  });

  it('waits while a mail of the message is outgoing, and applies the event afterwards', async () => {
    const partner = await odoo.mails.createContact('Gus', 'gus@example.com');
    const order = await odoo.mails.createOrder(partner);
    odoo.sink.setDelay(1_500);
    const sending = odoo.mails.postMessage(order.id, [partner]);
    const mail = await odoo.sink.waitFor((each) => each.recipient === 'gus@example.com');
    startWorker();
    await put(event('hard_bounce', mail));
    await until(([entry]) => entry?.state === 'waiting');
    const { id } = await sending;
    await until(allAre('settled', 1));
    expect(await odoo.mails.notificationsOf(id)).toMatchObject([{ notification_status: 'exception' }]);
    expect(odoo.sink.mails.filter(({ recipient }) => recipient === 'gus@example.com')).toHaveLength(1);
  });
});
