import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Inbox } from '../../../src/inbox/inbox.ts';
import { after, allKinds, bytesOfText, describeTestBody, textOf } from './inbox-requests.ts';

/** SQL of an inbox as the release of commit ad253a1 left it, with the same content in both engines. */
export function readReleasedInbox(engine: 'sqlite' | 'postgres'): string {
  return readFileSync(new URL(`../../fixtures/inbox-ad253a1.${engine}.sql`, import.meta.url), 'utf8');
}

const parkedReply = ['parked', null, 'REPLY_UNPLACED', null];
const goneDocument = ['parked', null, 'REPLY_DOCUMENT_GONE', null];

/**
 * Each entry: its id, state, outcome, code and target, whether it was replayed, how its reason begins; then those steps
 * of its history that have an outcome, a code or a target.
 */
const entries = [
  [
    1,
    'parked',
    null,
    'INBOX_CRASHES_WORKER',
    null,
    false,
    'INBOX_CRASHES_WORKER: the bridge ended 5 times',
    [],
  ],
  [2, 'received', null, null, null, false, 'released', []],
  [3, 'waiting', null, null, null, false, 'released', []],
  [4, 'settled', 'applied', null, null, false, 'applied', []],
  [5, 'settled', 'duplicate', null, null, false, 'duplicate', []],
  [6, 'settled', 'superseded', null, null, false, 'superseded', []],
  [7, 'settled', 'injected', null, null, false, 'injected: sale.order,7 by reply token (certain)', []],
  [8, 'settled', 'ignored', null, null, false, 'ignored: event type list_unsub: none of ours', []],
  [9, 'waiting', null, null, null, false, 'Odoo does not show this message (yet)', []],
  [10, 'waiting', null, 'ODOO_REFUSED', null, false, 'ODOO_REFUSED: Odoo refused the call (UserError', []],
  [11, 'waiting', null, 'ODOO_UNREACHABLE', null, false, 'ODOO_UNREACHABLE', []],
  [12, 'waiting', null, null, null, false, 'TypeError', []],
  [13, 'parked', null, 'EVENT_UNMATCHED', null, false, 'EVENT_UNMATCHED: the message has no such', []],
  [14, 'parked', null, 'UNEXPECTED', null, false, 'UNEXPECTED: A fault of the bridge itself', []],
  [15, 'parked', null, 'SWEEGO_NOT_FOUND', null, false, 'SWEEGO_NOT_FOUND: Sweego does not have it', []],
  [16, 'waiting', null, 'SWEEGO_NOT_FOUND', null, false, 'SWEEGO_NOT_FOUND: Sweego does not have it', []],
  [17, 'settled', 'duplicate', null, null, false, 'duplicate of 4', []],
  [
    18,
    'parked',
    null,
    'SWEEGO_BODY_UNREADABLE',
    null,
    false,
    'SWEEGO_BODY_UNREADABLE: the body is not JSON',
    [],
  ],
  [19, 'parked', null, 'INBOX_DESCRIBE_FAILED', null, false, 'INBOX_DESCRIBE_FAILED: the body could not', []],
  [
    20,
    'parked',
    null,
    'INBOX_TOO_MANY_ELEMENTS',
    null,
    false,
    'INBOX_TOO_MANY_ELEMENTS: more than 10000',
    [],
  ],
  [21, 'settled', 'ignored', null, null, false, 'ignored: empty array', []],
  [22, 'settled', 'applied', null, null, false, 'applied', []],
  [23, 'settled', 'duplicate', null, null, false, 'duplicate of 22', []],
  [24, 'parked', null, 'EVENT_UNMATCHABLE', null, false, 'EVENT_UNMATCHABLE: the event carries no', []],
  [25, 'received', null, null, null, true, 'replayed', [parkedReply]],
  [26, 'received', null, null, 'res.partner,1', true, 'replayed to res.partner,1', [parkedReply]],
  [
    27,
    'parked',
    null,
    'REPLY_DOCUMENT_GONE',
    'sale.order,23',
    true,
    'REPLY_DOCUMENT_GONE: the document it answers',
    [parkedReply, ['received', null, null, 'sale.order,23']],
  ],
  [
    28,
    'settled',
    'injected',
    null,
    'sale.order,24',
    true,
    'injected: sale.order,24 by operator (certain)',
    [parkedReply, ['received', null, null, 'sale.order,24']],
  ],
  [
    29,
    'received',
    null,
    null,
    null,
    true,
    'replayed',
    [parkedReply, ['received', null, null, 'sale.order,25'], goneDocument],
  ],
  [30, 'settled', 'discarded', null, null, false, 'discarded: a test: mail', [parkedReply]],
  [31, 'received', null, null, null, true, 'replayed', [parkedReply, ['settled', 'discarded', null, null]]],
  [32, 'settled', 'discarded', null, null, false, 'discarded: erased', [parkedReply]],
  [33, 'settled', 'injected', null, null, false, 'erased', [['settled', 'injected', null, null]]],
  [34, 'settled', 'injected', null, null, false, 'injected: crm.lead,3 by alias (certain)', []],
  [35, 'settled', 'ignored', null, null, false, 'erased', [['settled', 'ignored', null, null]]],
  [36, 'claimed', null, null, null, false, 'claimed', []],
] as const;

/** Expects everything that the release stored, with outcome, code and target where the release had only a text. */
export async function expectReleasedInbox(inbox: Inbox): Promise<void> {
  const found = new Map((await inbox.list({ limit: 1000 })).map((entry) => [entry.id, entry]));
  expect(found.size).toBe(entries.length);
  for (const [id, state, outcome, code, target, isReplayed, reason, earlier] of entries) {
    expect(found.get(id)).toMatchObject({ id, state, outcome, code, target, isReplayed });
    expect(found.get(id)?.reason.startsWith(reason)).toBe(true);
    const last = [state, outcome, code, state === 'received' ? target : null];
    const history = (await inbox.history(id)).map((step) => [
      step.state,
      step.outcome,
      step.code,
      step.target,
    ]);
    const hasDetails = (step: readonly unknown[]) => step.slice(1).some((value) => value !== null);
    expect([id, ...history.filter(hasDetails)]).toEqual([id, ...earlier, ...[last].filter(hasDetails)]);
  }
  expect(await inbox.status()).toMatchObject({
    unclaimed: 2,
    states: { received: 5, claimed: 1, waiting: 6, settled: 15, parked: 9 },
    oldestOpenAt: after(2),
  });
  expect(await inbox.files(25)).toMatchObject([{ name: 'kept.txt', sizeBytes: 4 }]);
  expect(await inbox.findSnapshot('settings')).toMatchObject({ bytes: bytesOfText('{}') });
}

/** Finishes the inbox as a worker does, and expects that nothing is left over or done twice. */
export async function drainReleasedInbox(inbox: Inbox): Promise<void> {
  const now = after(200_000);
  const take = { name: 'worker', holder: 'new', ttlMs: 1000 };
  await inbox.holdLease({ ...take, now });
  expect(await inbox.holdLease({ ...take, now: after(200_001) })).toBe(true);
  expect(await inbox.releaseClaimed(allKinds, now)).toEqual({ released: 1, parked: 0 });
  const claimed = await inbox.claim({ kinds: allKinds, limit: 500, now, describe: describeTestBody });
  expect(claimed.map(({ id }) => id).sort((one, other) => one - other)).toEqual([
    2, 3, 9, 10, 11, 12, 16, 25, 26, 29, 31, 36, 38,
  ]);
  expect(claimed.find(({ id }) => id === 38)).toMatchObject({ isReplayed: false, target: null });
  expect(claimed.find(({ id }) => id === 26)).toMatchObject({ isReplayed: true, target: 'res.partner,1' });
  expect(textOf(claimed.find(({ id }) => id === 25)?.body ?? bytesOfText(''))).toContain('"replayed"');
  const ids = claimed.map(({ id }) => id);
  await inbox.settle(ids, { outcome: 'superseded' }, now);
  expect(await inbox.find(37)).toMatchObject({ outcome: 'duplicate', reason: 'duplicate of 4' });
  expect(await inbox.replay([7, 33], now, 'sale.order,8')).toEqual(['done', 'erased']);
  expect(await inbox.find(7)).toMatchObject({ outcome: null, isReplayed: true, target: 'sale.order,8' });
  expect((await inbox.status()).states).toEqual({
    received: 1,
    claimed: 0,
    waiting: 0,
    settled: 15 - 1 + 13 + 1,
    parked: 9,
  });
}
