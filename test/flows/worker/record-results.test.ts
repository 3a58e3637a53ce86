import { expect, it, onTestFinished } from 'vitest';
import { bridgeError } from '../../../src/errors.ts';
import type { EntryResult } from '../../../src/flows/worker/lane.ts';
import { recordResults } from '../../../src/flows/worker/record-results.ts';
import type { Entry } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { after, describeTestBody, requestOf } from '../../support/inbox/inbox-requests.ts';
import { countWalCommits, createTemporaryPath } from '../../support/inbox/sqlite-databases.ts';

const refused = bridgeError('ODOO_VALUE', 'Odoo does not understand it');

it('entries with the same result share a transaction, and each entry gets its own result', async () => {
  const { path, remove } = createTemporaryPath();
  onTestFinished(remove);
  const inbox = await openInbox(`file:${path}`);
  onTestFinished(() => inbox.close());
  for (let count = 0; count < 60; count += 1) await inbox.put(requestOf({}));
  const now = () => after(0);
  const claim = { kinds: ['outbound'], limit: 60, now: now(), describe: describeTestBody } as const;
  const entries: Entry[] = await inbox.claim(claim);
  const kinds: EntryResult[] = [
    { kind: 'settle', outcome: { outcome: 'applied' } },
    { kind: 'unknown_message' },
    { kind: 'busy', reason: 'a mail of the message is outgoing' },
    { kind: 'failed', error: refused },
    { kind: 'park', code: 'EVENT_UNMATCHED', reason: 'the message has no such recipient' },
  ];
  const results = new Map(entries.map(({ id }, index) => [id, kinds[index % 5] as EntryResult]));
  const before = countWalCommits(path);
  const log = { warn: () => undefined, error: () => undefined };
  await recordResults({ inbox, now, log }, entries, results);
  expect(countWalCommits(path) - before).toBe(5);
  const found = await Promise.all(entries.slice(0, 5).map(({ id }) => inbox.find(id)));
  expect(found).toMatchObject([
    { state: 'settled', reason: 'applied' },
    { state: 'waiting', dueAt: after(5), waits: 1, attempts: 0 },
    { state: 'waiting', dueAt: after(2), waits: 1, attempts: 0 },
    { state: 'waiting', code: refused.code, dueAt: after(5), waits: 0, attempts: 1 },
    {
      state: 'parked',
      code: 'EVENT_UNMATCHED',
      reason: 'EVENT_UNMATCHED: the message has no such recipient',
    },
  ]);
  const { states } = await inbox.status();
  expect(states).toEqual({ received: 0, claimed: 0, waiting: 36, settled: 12, parked: 12 });
});
