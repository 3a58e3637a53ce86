import { expect, it, onTestFinished } from 'vitest';
import { createReconciler, type ReconcilerDeps } from '../../src/flows/reconciler.ts';
import { recallReconciliations } from '../../src/flows/reconciliation-runs.ts';
import { openInbox } from '../../src/inbox/open.ts';
import type { PendingAnswer } from '../../src/odoo/bridge-answers.ts';
import { parseCronSchedule } from '../../src/rules/cron-schedule.ts';
import { settingsWith } from '../support/bridge-settings.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { createInboxFile, type LogLine } from '../support/open-worker.ts';

const minuteMs = 60_000;
const nothing: PendingAnswer = { messages: [], next: null };

/** A process that wakes each minute, as serve does. `pending` is how long Odoo takes to answer. */
async function openProcess(url: string, clock: ManualClock, changes: Partial<ReconcilerDeps> = {}) {
  const inbox = await openInbox(url);
  const lines: LogLine[] = [];
  const write = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push({ ...fields, level, message });
  const startedAt: string[] = [];
  const reconciler = createReconciler({
    inbox,
    actions: {
      pending: async () => {
        startedAt.push(clock.now().toISOString().slice(11, 16));
        return nothing;
      },
      openAlert: () => Promise.reject(new Error('not expected')),
    },
    currentSettings: () => settingsWith(),
    cron: parseCronSchedule('*/30 * * * *') ?? expect.fail(),
    sweego: { url: 'http://127.0.0.1:9', apiKey: 'key' },
    openHttpRequest: () => Promise.reject(new Error('not expected')),
    mostDays: 7,
    holder: `process-${Math.random()}`,
    now: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    log: { info: write('info'), warn: write('warn'), error: write('error') },
    ...changes,
  });
  onTestFinished(async () => {
    await reconciler.stop();
    await inbox.close();
  });
  return { reconciler, inbox, lines, startedAt };
}

const at = (time: string) => createManualClock(new Date(`2026-11-25T${time}Z`));

async function wakeEachMinute(clock: ManualClock, minutes: number, ...wakes: (() => Promise<void>)[]) {
  for (let minute = 0; minute < minutes; minute += 1) {
    for (const wake of wakes) void wake();
    await clock.advance(minuteMs);
  }
}

it('runs of 45 minutes on a schedule of 30: one is skipped, and that is said once', async () => {
  const clock = at('10:00:00');
  const startedAt: string[] = [];
  const slow = await openProcess(createInboxFile(), clock, {
    actions: {
      pending: async () => {
        startedAt.push(clock.now().toISOString().slice(11, 16));
        await clock.sleep(45 * minuteMs, new AbortController().signal);
        return nothing;
      },
      openAlert: () => Promise.reject(new Error('not expected')),
    },
  });
  await wakeEachMinute(clock, 65, () => slow.reconciler.wake());
  expect(startedAt).toEqual(['10:00', '11:00']);
  expect(slow.lines.filter(({ level }) => level === 'warn')).toMatchObject([
    { slot: '2026-11-25T10:30:00.000Z', message: 'reconciliation skipped: the last one is still going' },
  ]);
  await clock.advance(45 * minuteMs);
});

it('of two replicas one runs each slot', async () => {
  const clock = at('10:00:00');
  const url = createInboxFile();
  const [one, other] = [await openProcess(url, clock), await openProcess(url, clock)];
  await wakeEachMinute(
    clock,
    61,
    () => one.reconciler.wake(),
    () => other.reconciler.wake(),
  );
  expect([...one.startedAt, ...other.startedAt].sort()).toEqual(['10:00', '10:30', '11:00']);
});

it('another process goes on at the next slot after one was killed in its run', async () => {
  const clock = at('10:00:00');
  const url = createInboxFile();
  const killed = await openInbox(url);
  onTestFinished(() => killed.close());
  await killed.holdLease({ name: 'reconciliation', holder: 'killed', ttlMs: 30_000, now: clock.now() });
  const other = await openProcess(url, clock);
  await wakeEachMinute(clock, 35, () => other.reconciler.wake());
  expect(other.startedAt).toEqual(['10:30']);
});

it('a restart neither repeats a slot nor forgets one, and the last runs are kept', async () => {
  const clock = at('10:00:00');
  const url = createInboxFile();
  const first = await openProcess(url, clock);
  await first.reconciler.wake();
  const second = await openProcess(url, clock);
  await clock.advance(10 * minuteMs);
  await second.reconciler.wake();
  expect(second.startedAt).toEqual([]);
  await clock.advance(45 * minuteMs);
  await second.reconciler.wake();
  expect(second.startedAt).toEqual(['10:55']);
  const memory = await recallReconciliations(second.inbox, clock.now());
  expect(memory.runs).toMatchObject([{ outcome: 'complete', pending: 0 }, { outcome: 'complete' }]);
  expect(memory.repliesSince).toBe('2026-11-25T10:00:00.000Z');
});

it('rests while Odoo’s scheduled action is switched off, or Odoo has told nothing yet', async () => {
  const clock = at('10:00:00');
  const off = { ...settingsWith(), reconciliation: { is_on: false, every_minutes: 30, requested_at: null } };
  for (const currentSettings of [() => off, () => undefined]) {
    const opened = await openProcess(createInboxFile(), clock, { currentSettings });
    await opened.reconciler.wake();
    expect(opened.startedAt).toEqual([]);
  }
});

it('tells of a missing key and of a failing Odoo, and tries again at the next slot only', async () => {
  const clock = at('10:00:00');
  const waiting: PendingAnswer['messages'][number] = {
    message_id: '<1@example.com>',
    created_at: clock.now(),
    since: clock.now(),
    from_domain: 'example.com',
    events: [],
  };
  let asked = 0;
  const opened = await openProcess(createInboxFile(), clock, {
    currentSettings: () => ({ ...settingsWith(), api_key: null }),
    sweego: { url: 'http://127.0.0.1:9', apiKey: undefined },
    actions: {
      pending: async () => {
        asked += 1;
        if (asked > 1) throw new TypeError('odd');
        return { messages: [waiting], next: null };
      },
      openAlert: () => Promise.reject(new Error('not expected')),
    },
  });
  await wakeEachMinute(clock, 35, () => opened.reconciler.wake());
  expect(asked).toBe(2);
  expect(opened.lines).toMatchObject([
    { level: 'error', codes: ['SWEEGO_API_KEY_MISSING'] },
    { level: 'error', message: 'reconciliation failed', error: 'TypeError' },
  ]);
});
