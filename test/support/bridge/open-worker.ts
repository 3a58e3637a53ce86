import { onTestFinished } from 'vitest';
import { BridgeError } from '../../../src/errors.ts';
import { createOutboundLane } from '../../../src/flows/delivery/outbound-lane.ts';
import type { OutboundLaneDeps } from '../../../src/flows/delivery/outbound-lane.ts';
import { createWorker } from '../../../src/flows/worker/worker.ts';
import type { Worker, WorkerDeps } from '../../../src/flows/worker/worker.ts';
import type { Inbox } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { describeBody } from '../../../src/sweego/describe-body.ts';
import { createTemporaryPath } from '../inbox/sqlite-databases.ts';
import { createManualClock } from '../manual-clock.ts';
import type { ManualClock } from '../manual-clock.ts';

export type LogLine = { level: string; message: string } & Record<string, unknown>;

export type OpenedWorker = {
  worker: Worker;
  clock: ManualClock;
  inbox: Inbox;
  lines: LogLine[];
  /** Log lines with this message. */
  logged: (message: string) => LogLine[];
};

/** The URL of an inbox in a temporary file, which is removed when the test ends. Several workers may open it. */
export function createInboxFile(): string {
  const { path, remove } = createTemporaryPath();
  onTestFinished(remove);
  return `file:${path}`;
}

/** A worker as in a process of its own, with its own clock. Other workers may open the same inbox. */
export async function openWorker(
  url: string,
  changes: Partial<Omit<WorkerDeps, 'inbox' | 'log'>> & {
    actions?: OutboundLaneDeps['actions'];
    inbox?: (opened: Inbox) => Inbox;
  } = {},
  /** `isStuck`: its work never ends, so the test does not wait for it. `settle`: see `createManualClock`. */
  { isStuck = false, settle }: { isStuck?: boolean; settle?: () => Promise<void> } = {},
): Promise<OpenedWorker> {
  const clock = createManualClock(new Date('2026-11-01T10:00:00Z'), settle);
  const inbox = await openInbox(url);
  const lines: LogLine[] = [];
  const write = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push({ ...fields, level, message });
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const failUnexpectedCall = () => Promise.reject(new Error('not expected'));
  const worker = createWorker({
    lanes: [
      createOutboundLane({
        actions: changes.actions ?? { read: failUnexpectedCall, apply: failUnexpectedCall },
        log,
      }),
    ],
    settings: { current: () => undefined, refresh: failUnexpectedCall },
    describe: describeBody,
    retain: { bodiesDays: 7, entriesDays: 90 },
    holder: `test-${Math.random()}`,
    now: () => clock.now(),
    random: () => 0.5,
    sleep: (ms, signal) => clock.sleep(ms, signal),
    log,
    ...changes,
    inbox: changes.inbox?.(inbox) ?? inbox,
  });
  onTestFinished(async () => {
    // Some tests break the inbox on purpose; the lease cannot be released then.
    const stopped = worker.stop().catch((error: unknown) => {
      if (!(error instanceof BridgeError)) throw error;
    });
    if (!isStuck) await stopped;
    await inbox.close();
  });
  worker.start();
  return {
    worker,
    clock,
    inbox,
    lines,
    logged: (message) => lines.filter((line) => line.message === message),
  };
}

/** Stores an opening of the message that `messageState` describes. */
export async function putOpened(inbox: Inbox, now: Date, eventId = 'event-1'): Promise<void> {
  const event = {
    event_type: 'email_opened',
    event_id: eventId,
    swg_uid: `01-${eventId}`,
    recipient: 'jane@example.com',
    timestamp: '2026-11-01T09:00:00',
    headers: { 'x-message-id': '<1@example.com>' },
  };
  await inbox.put({
    kind: 'outbound',
    requestKey: `w-${eventId}`,
    body: Buffer.from(JSON.stringify(event)),
    receivedAt: now,
    secretId: 'environment:1',
  });
}
