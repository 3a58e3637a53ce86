import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseInboxConfig } from '../../../src/config.ts';
import type { Entry, EntryKind, EntrySummary, Inbox, ParkReason } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { describeBody } from '../../../src/sweego/describe-body.ts';
import { now } from '../bridge/intake.ts';

const minuteMs = 60_000;

/** An instant so many minutes after the first webhook. */
export const minutesLater = (minutes: number) => new Date(now.getTime() + minutes * minuteMs);

/** An event as Sweego writes it, about the mail of order 7. */
export const eventBody = (recipient: string, changes: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({
    event_type: 'hard_bounce',
    recipient,
    headers: { 'x-message-id': '<1.2-openerp-7-sale.order@odoo.example.com>' },
    ...changes,
  });

export const replyBody = (sender: string) =>
  JSON.stringify({
    event_type: 'email_inbound',
    from_: { email: sender, name: 'Somebody' },
    swg_uid: `04-${sender}`,
    to: [{ email: 'reply@mail.example.com', name: '' }],
    subject: 'A secret subject',
    text: 'A secret text',
  });

/** An inbox in a temporary file that nobody has open, as a command finds it three hours after the first webhook. */
export async function createOperatorInbox() {
  const directory = await mkdtemp(join(tmpdir(), 'operator-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const DATABASE_URL = `file:${join(directory, 'inbox.sqlite')}`;
  await (await openInbox(DATABASE_URL)).close();
  const lines: string[] = [];
  const logged: string[] = [];
  const note = (_fields: unknown, message: string) => void logged.push(message);
  let requests = 0;

  async function use<Result>(work: (inbox: Inbox) => Promise<Result>): Promise<Result> {
    const inbox = await openInbox(DATABASE_URL);
    try {
      return await work(inbox);
    } finally {
      await inbox.close();
    }
  }

  /** Stores bodies in this order, a minute apart, each under a webhook-id of its own: `w-1`, `w-2`, … */
  const put = (bodies: readonly string[], kind: EntryKind = 'outbound') =>
    use(async (inbox) => {
      for (const body of bodies) {
        const receivedAt = minutesLater(requests);
        requests += 1;
        const requestKey = `w-${requests}`;
        await inbox.put({ kind, requestKey, body: Buffer.from(body), receivedAt, secretId: 'server:1' });
      }
    });

  /** Splits what was stored, hands the due entries to `end`, and resolves with their ids, oldest first. */
  const work = (
    end: (inbox: Inbox, entries: readonly Entry[]) => Promise<void>,
    kinds: readonly EntryKind[] = ['outbound'],
  ) =>
    use(async (inbox) => {
      const entries = await inbox.claim({
        kinds,
        limit: 500,
        now: minutesLater(requests),
        describe: describeBody,
      });
      await end(inbox, entries);
      return entries.map(({ id }) => id).sort((one, other) => one - other);
    });
  const idsOf = (entries: readonly Entry[]) => entries.map(({ id }) => id);

  return {
    databaseUrl: DATABASE_URL,
    directory,
    config: parseInboxConfig({ env: { DATABASE_URL }, readFile: () => '' }),
    deps: {
      now: () => minutesLater(180),
      out: (line: string) => void lines.push(line),
      log: { debug: note, info: note, warn: note, error: note },
    },
    lines,
    /** What the last command printed with `--json`. */
    printed: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>,
    use,
    put,
    park: (why: ParkReason = { code: 'EVENT_UNMATCHED', reason: 'no such recipient' }) =>
      work((inbox, entries) => inbox.park(idsOf(entries), why, minutesLater(requests))),
    parkReplies: (why: ParkReason = { code: 'REPLY_UNPLACED', reason: 'the mail names no document' }) =>
      work((inbox, entries) => inbox.park(idsOf(entries), why, minutesLater(requests)), ['inbound']),
    settle: () =>
      work((inbox, entries) => inbox.settle(idsOf(entries), { outcome: 'applied' }, minutesLater(requests))),
    /** Leaves the entries claimed, as a worker does that still runs or was killed. */
    claim: () => work(async () => undefined),
    entries: (): Promise<EntrySummary[]> => use((inbox) => inbox.list({ limit: 1000 })),
    find: (id: number) => use((inbox) => inbox.find(id)),
    history: (id: number) => use((inbox) => inbox.history(id)),
  };
}
