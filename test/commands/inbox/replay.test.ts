import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sweegoEventBody } from '../../../demo/sweego-event.ts';
import { runInboxReplay } from '../../../src/commands/inbox/replay.ts';
import type { InboxReplayOptions } from '../../../src/commands/inbox/replay.ts';
import type { OdooAccess } from '../../../src/config.ts';
import { workerLease } from '../../../src/flows/worker/worker-lease.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { describeBody } from '../../../src/sweego/describe-body.ts';
import { openStandIn } from '../../demo/open-stand-in.ts';
import { createOperatorInbox, eventBody, minutesLater } from '../../support/inbox/operator-inbox.ts';

async function createInbox() {
  const operator = await createOperatorInbox();
  const replay = (
    options: Partial<InboxReplayOptions>,
    { odoo, now = operator.deps.now }: { odoo?: OdooAccess; now?: () => Date } = {},
  ) =>
    runInboxReplay(
      { ...operator.config, ...(odoo !== undefined && { odoo }) },
      { ids: [], limit: 100, dryRun: false, json: false, ...options },
      { ...operator.deps, now },
    );
  const statesOf = async (ids: readonly number[]) => {
    const found = [];
    for (const id of ids) found.push((await operator.find(id))?.state);
    return found;
  };
  return { ...operator, replay, statesOf };
}

/** A stand-in Odoo that has mailed an order to Ann, and the bounce that Sweego reports of it. */
async function openOdooWithMail() {
  const odoo = await openStandIn();
  onTestFinished(() => odoo.close());
  const ann = await odoo.mails.createContact('Ann Example', 'ann@example.com');
  const order = await odoo.mails.createOrder(ann);
  const message = await odoo.mails.postMessage(order.id, [ann]);
  const [mail] = odoo.sink.mails;
  if (mail === undefined) throw new Error('Odoo sent no mail');
  const bounce = sweegoEventBody({
    type: 'hard_bounce',
    mail,
    uid: '01-a',
    transactionId: 't-1',
    at: new Date(),
    smtpAnswer: '550 5.1.1 User unknown',
  });
  const { url, database, bridgeApiKey } = odoo.standIn;
  const access: OdooAccess = { transport: 'json2', url, database, login: undefined, secret: bridgeApiKey };
  const historyRows = () =>
    odoo.admin.call({ model: 'x_sweego_event', method: 'search_count', arguments: { domain: [] } });
  return { odoo, access, bounce, message, historyRows };
}

describe('inbox replay', () => {
  it('makes a parked entry due at once, and tells how it gets to Odoo when no serve runs', async () => {
    const { put, park, replay, find, history, lines } = await createInbox();
    await put([eventBody('ann@example.com')]);
    const [id = 0] = await park();
    await replay({ ids: [id] });
    expect(await find(id)).toMatchObject({ state: 'received', reason: 'replayed', attempts: 0 });
    expect((await history(id)).at(-1)).toMatchObject({ at: minutesLater(180), reason: 'replayed' });
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^\d+ +outbound +parked +replayed$/),
      '1 of 1 entries replayed.',
      `No serve runs on this inbox. Start it, or bring them to Odoo from here with: sweego-odoo-bridge inbox replay --now ${id}`,
    ]);
  });

  it('leaves the work to a serve that holds the lease', async () => {
    const { put, park, replay, databaseUrl, lines, printed, deps } = await createInbox();
    await put([eventBody('ann@example.com')]);
    const [id = 0] = await park();
    const serve = await openInbox(databaseUrl);
    onTestFinished(() => serve.close());
    await serve.holdLease({ ...workerLease, holder: 'serve', now: deps.now() });
    await replay({ ids: [id] });
    expect(lines.at(-1)).toMatch(/^A running serve will process them\./);
    await replay({ ids: [id], json: true });
    expect(printed()).toEqual({
      dry_run: false,
      entries: [{ id, kind: 'outbound', was: 'received', result: 'done' }],
      more: false,
      worker: 'serve',
    });
    expect(await serve.holdLease({ ...workerLease, holder: 'serve', now: deps.now() })).toBe(true);
  });

  it('by filter takes only parked ones, unless other states are named, and never more than --limit', async () => {
    const { put, park, settle, replay, statesOf, lines } = await createInbox();
    await put([eventBody('ann@example.com')]);
    const applied = await settle();
    await put(['ann', 'bob', 'carl'].map((name) => eventBody(`${name}@example.com`)));
    const parked = await park();
    await replay({ kinds: ['outbound'], limit: 2 });
    expect(await statesOf([...applied, ...parked])).toEqual(['settled', 'parked', 'received', 'received']);
    expect(lines).toContain('2 of 2 entries replayed. More match: raise --limit, or run it again.');
    await replay({ recipient: 'ann@example.com', states: ['settled', 'parked'] });
    expect(await statesOf([...applied, ...parked])).toEqual(['received', 'received', 'received', 'received']);
  });

  it('with --dry-run predicts what it would do, erased and claimed entries included, and changes nothing', async () => {
    const { put, park, claim, replay, use, statesOf, printed, deps } = await createInbox();
    await put([eventBody('ann@example.com'), eventBody('bob@example.com')]);
    const [parked = 0, erased = 0] = await park();
    await use((inbox) => inbox.erase([erased], deps.now()));
    await put([eventBody('carl@example.com')]);
    const [claimed = 0] = await claim();
    const ids = [parked, erased, claimed, 99];
    const results = () => (printed()['entries'] as { result: string }[]).map(({ result }) => result);
    await expect(replay({ ids, dryRun: true, json: true })).rejects.toMatchObject({
      code: 'INBOX_ENTRIES_UNCHANGED',
    });
    expect(results()).toEqual(['done', 'erased', 'claimed', 'unknown']);
    expect(await statesOf([parked, erased, claimed])).toEqual(['parked', 'settled', 'claimed']);
    await expect(replay({ ids, json: true })).rejects.toMatchObject({ code: 'INBOX_ENTRIES_UNCHANGED' });
    expect(results()).toEqual(['done', 'erased', 'claimed', 'unknown']);
    expect(await statesOf([parked, erased, claimed])).toEqual(['received', 'settled', 'claimed']);
  });

  it('refuses to replay everything by giving nothing, and says so when nothing matches', async () => {
    const { put, park, replay, statesOf } = await createInbox();
    await put([eventBody('ann@example.com')]);
    const ids = await park();
    await put(['later']);
    await expect(replay({})).rejects.toMatchObject({ code: 'INBOX_SELECTION_INVALID' });
    expect(await statesOf(ids)).toEqual(['parked']);
    await expect(replay({ recipient: 'bob@example.com' })).rejects.toMatchObject({
      code: 'INBOX_NOTHING_MATCHED',
      message: expect.stringContaining(
        'Webhooks not examined yet, which no filter can find: 1. Start serve',
      ) as string,
    });
  });
});

describe('inbox replay --now', () => {
  it('brings a parked entry to Odoo when no serve runs, and gives the lease back', async () => {
    const { access, bounce, odoo, message } = await openOdooWithMail();
    const { put, park, replay, find, lines, use, deps } = await createInbox();
    await put([bounce]);
    const [id = 0] = await park();
    await replay({ ids: [id] }, { odoo: access });
    expect(await find(id)).toMatchObject({ state: 'settled', reason: 'applied' });
    expect(lines.at(-1)).toBe(`${id} is now settled: applied`);
    expect(await odoo.mails.notificationsOf(message.id)).toMatchObject([
      { notification_status: 'exception' },
    ]);
    expect(await use((inbox) => inbox.holdLease({ ...workerLease, holder: 'serve', now: deps.now() }))).toBe(
      true,
    );
  });

  it('tells what became of entries that a running serve took up meanwhile', async () => {
    const { access } = await openOdooWithMail();
    const { put, park, replay, databaseUrl, deps, lines } = await createInbox();
    await put([eventBody('ann@example.com')]);
    const [id = 0] = await park();
    const serve = await openInbox(databaseUrl);
    onTestFinished(() => serve.close());
    await serve.holdLease({ ...workerLease, holder: 'serve', now: deps.now() });
    const replaying = replay({ ids: [id] }, { odoo: access });
    await vi.waitUntil(async () => (await serve.find(id))?.state === 'received', { interval: 5 });
    const claimed = { kinds: ['outbound' as const], limit: 1, now: deps.now(), describe: describeBody };
    await serve.claim(claimed);
    await serve.settle([id], { outcome: 'applied' }, deps.now());
    await replaying;
    expect(lines.at(-1)).toBe(`${id} is now settled: applied`);
  });

  it('doubles nothing when applied entries and their duplicates are replayed', async () => {
    const { access, bounce, odoo, message, historyRows } = await openOdooWithMail();
    const { put, park, replay, entries, printed } = await createInbox();
    await put([bounce, bounce]);
    const [id = 0] = await park();
    await replay({ ids: [id] }, { odoo: access });
    const before = [await historyRows(), await odoo.mails.notificationsOf(message.id)];
    await replay({ states: ['settled'], json: true }, { odoo: access });
    expect(printed()['entries']).toHaveLength(2);
    expect(printed()['after']).toMatchObject([{ state: 'settled' }, { state: 'settled' }]);
    expect([await historyRows(), await odoo.mails.notificationsOf(message.id)]).toEqual(before);
    expect((await entries()).map(({ state }) => state)).toEqual(['settled', 'settled']);
  });

  it('stops when Odoo is down, keeps everything, and says so', async () => {
    const { access, bounce, odoo } = await openOdooWithMail();
    const { put, park, replay, find, printed } = await createInbox();
    await put([bounce]);
    const [id = 0] = await park();
    await odoo.standIn.setCondition('gone');
    await expect(replay({ ids: [id], json: true }, { odoo: access })).rejects.toMatchObject({
      code: 'INBOX_REPLAY_UNFINISHED',
      message: expect.stringContaining('Odoo is unavailable (ODOO_UNREACHABLE') as string,
    });
    expect(printed()).toMatchObject({ worker: 'now', odoo: 'ODOO_UNREACHABLE', after: [{ id }] });
    expect(await find(id)).toMatchObject({ attempts: 0 });
    expect(['received', 'waiting']).toContain((await find(id))?.state);
  });

  it('ends although an entry is put off or parked again, telling which and when', async () => {
    const { access } = await openOdooWithMail();
    const { put, park, replay, lines } = await createInbox();
    await put([eventBody('ann@example.com'), '{"event_type":"delivered"}']);
    const [unknown = 0, unmatchable = 0] = await park();
    await expect(replay({ ids: [unknown, unmatchable] }, { odoo: access })).rejects.toMatchObject({
      code: 'INBOX_REPLAY_UNFINISHED',
    });
    expect(lines.slice(-2)).toEqual([
      expect.stringMatching(`^${unknown} is now waiting: .*, again at 2026-03-01T15:00:05.000Z$`),
      expect.stringMatching(`^${unmatchable} is now parked: EVENT_UNMATCHABLE`),
    ]);
  });

  it('takes over from a serve that was killed, and finishes what that one had claimed', async () => {
    const { access, bounce } = await openOdooWithMail();
    const { put, claim, park, replay, use, statesOf, deps } = await createInbox();
    await put([bounce]);
    const [parked = 0] = await park();
    await put([eventBody('bob@example.com')]);
    await use((inbox) => inbox.holdLease({ ...workerLease, holder: 'killed', now: deps.now() }));
    const [claimed = 0] = await claim();
    const begin = Date.now();
    const now = () => new Date(deps.now().getTime() + 1.5 * (Date.now() - begin));
    await replay({ ids: [parked] }, { odoo: access, now });
    expect(await statesOf([parked])).toEqual(['settled']);
    expect(await statesOf([claimed])).not.toEqual(['claimed']);
  });
});
