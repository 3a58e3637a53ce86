import { expect, it, onTestFinished } from 'vitest';
import { bridgeError } from '../../../src/errors.ts';
import { createReconciler } from '../../../src/flows/reconciliation/reconciler.ts';
import type { ReconcilerDeps } from '../../../src/flows/reconciliation/reconciler.ts';
import {
  keepReconciliations,
  recallReconciliations,
} from '../../../src/flows/reconciliation/reconciliation-runs.ts';
import type { Inbox } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import type { PendingAnswer } from '../../../src/odoo/bridge-answers.ts';
import { describeBody } from '../../../src/sweego/describe-body.ts';
import { settingsWith } from '../../support/bridge/bridge-settings.ts';
import { createInboxFile } from '../../support/bridge/open-worker.ts';
import type { LogLine } from '../../support/bridge/open-worker.ts';
import { cronSchedule } from '../../support/cron-schedule.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import type { ManualClock } from '../../support/manual-clock.ts';

const minuteMs = 60_000;
const noAlerts = {
  openAlert: () => Promise.reject(new Error('not expected')),
  closeAlert: () => Promise.reject(new Error('not expected')),
};
const nothing: PendingAnswer = { messages: [], next: null };

/** A reconciler as in a process of its own; `startedAt` collects the times of its runs. */
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
      ...noAlerts,
    },
    currentSettings: () => settingsWith(),
    cron: cronSchedule('*/30 * * * *'),
    sweego: { url: 'http://127.0.0.1:9', apiKey: 'key' },
    openHttpRequest: () => Promise.reject(new Error('not expected')),
    mostDays: 7,
    retainDays: 90,
    describe: describeBody,
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

/** Remembers a slot as run, as if the schedule had been followed until then. */
async function haveRun(inbox: Inbox, lastSlot: string, clock: ManualClock): Promise<void> {
  const memory = await recallReconciliations(inbox, clock.now());
  await keepReconciliations(inbox, { ...memory, lastSlot }, clock.now());
}

async function wakeEachMinute(clock: ManualClock, minutes: number, ...wakes: (() => Promise<void>)[]) {
  for (let minute = 0; minute < minutes; minute += 1) {
    for (const wake of wakes) void wake();
    await clock.advance(minuteMs);
  }
}

it('skips the next slot of a half-hourly schedule during a run of 45 minutes, and logs that once', async () => {
  const clock = at('10:00:00');
  const startedAt: string[] = [];
  const slow = await openProcess(createInboxFile(), clock, {
    actions: {
      pending: async () => {
        startedAt.push(clock.now().toISOString().slice(11, 16));
        await clock.sleep(45 * minuteMs, new AbortController().signal);
        return nothing;
      },
      ...noAlerts,
    },
  });
  await wakeEachMinute(clock, 65, () => slow.reconciler.wake());
  expect(startedAt).toEqual(['10:00', '11:00']);
  expect(slow.lines.filter(({ level }) => level === 'warn')).toMatchObject([
    {
      slot: '2026-11-25T10:30:00.000Z',
      message: 'reconciliation skipped: the previous run has not finished',
    },
  ]);
  await clock.advance(45 * minuteMs);
});

it('runs a slot once and skips none when it is woken twice at the same moment', async () => {
  const clock = at('10:00:00');
  const slow = await openProcess(createInboxFile(), clock, {
    actions: {
      pending: async () => {
        await clock.sleep(minuteMs, new AbortController().signal);
        return nothing;
      },
      ...noAlerts,
    },
  });
  const wake = () => slow.reconciler.wake();
  await wakeEachMinute(clock, 32, wake, wake);
  const { runs } = await recallReconciliations(slow.inbox, clock.now());
  expect(runs.map(({ startedAt }) => startedAt.slice(11, 16))).toEqual(['10:30', '10:00']);
  expect(slow.lines.filter(({ level }) => level === 'warn')).toEqual([]);
});

it('runs each slot in one of two replicas', async () => {
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

it('does not run a slot that the other replica skipped', async () => {
  const clock = at('10:00:00');
  const url = createInboxFile();
  const startedAt: string[] = [];
  const actions = {
    ...noAlerts,
    pending: async () => {
      startedAt.push(clock.now().toISOString().slice(11, 16));
      await clock.sleep(startedAt.length === 1 ? 45 * minuteMs : 0, new AbortController().signal);
      return nothing;
    },
  };
  const one = await openProcess(url, clock, { actions });
  const other = await openProcess(url, clock, { actions });
  await wakeEachMinute(
    clock,
    61,
    () => one.reconciler.wake(),
    () => other.reconciler.wake(),
  );
  expect(startedAt).toEqual(['10:00', '11:00']);
});

it('runs a slot again after a restart when it was stopped during the run', async () => {
  const clock = at('10:00:00');
  const url = createInboxFile();
  const stopped = await openProcess(url, clock, {
    actions: {
      ...noAlerts,
      pending: async () => {
        await clock.sleep(5 * minuteMs, new AbortController().signal);
        return nothing;
      },
    },
  });
  await haveRun(stopped.inbox, '2026-11-25T09:30:00.000Z', clock);
  void stopped.reconciler.wake();
  await clock.advance(minuteMs);
  const stopping = stopped.reconciler.stop();
  await clock.advance(5 * minuteMs);
  await stopping;
  const next = await openProcess(url, clock);
  await next.reconciler.wake();
  expect(next.startedAt).toEqual(['10:06']);
});

it('tries again after five minutes when Odoo is unavailable at the slot', async () => {
  const clock = at('02:00:00');
  const startedAt: string[] = [];
  const daily = await openProcess(createInboxFile(), clock, {
    cron: cronSchedule('0 2 * * *'),
    actions: {
      ...noAlerts,
      pending: async () => {
        startedAt.push(clock.now().toISOString().slice(11, 16));
        if (startedAt.length > 3) return nothing;
        throw bridgeError('ODOO_UNREACHABLE', 'Odoo is away');
      },
    },
  });
  await haveRun(daily.inbox, '2026-11-24T02:00:00.000Z', clock);
  await wakeEachMinute(clock, 30, () => daily.reconciler.wake());
  expect(startedAt).toEqual(['02:00', '02:05', '02:10', '02:15']);
});

it('runs once, at once, when an administrator runs the job in Odoo by hand, even if it is switched off', async () => {
  const clock = at('10:01:00');
  const requested_at = new Date('2026-11-25T10:00:30Z');
  const off = { ...settingsWith(), reconciliation: { is_on: false, every_minutes: 30, requested_at } };
  const url = createInboxFile();
  const one = await openProcess(url, clock, { currentSettings: () => off });
  const other = await openProcess(url, clock, { currentSettings: () => off });
  await wakeEachMinute(
    clock,
    5,
    () => one.reconciler.wake(),
    () => other.reconciler.wake(),
  );
  expect([...one.startedAt, ...other.startedAt]).toEqual(['10:01']);
});

it('raises one activity in Odoo while Sweego refuses the key, and closes it when the key works', async () => {
  const clock = at('10:00:00');
  const alerts: string[] = [];
  let status = 403;
  const opened = await openProcess(createInboxFile(), clock, {
    actions: {
      pending: async () => ({
        messages: [
          {
            message_id: '<1@example.com>',
            created_at: clock.now(),
            since: clock.now(),
            from_domain: 'example.com',
            events: [],
          },
        ],
        next: null,
      }),
      openAlert: async ({ key, summary }) => {
        alerts.push(`${key} ${summary}`);
        return { result: 'opened' };
      },
      closeAlert: async (key) => {
        alerts.push(`closed ${key}`);
        return { result: 'closed' };
      },
    },
    openHttpRequest: async () => ({
      status,
      headers: {},
      body: (async function* () {
        yield Buffer.from('{"result": [{}]}');
      })(),
      discard: () => undefined,
    }),
  });
  const key = 'sweego-api-key:2026-11-25T10:00:00.000Z';
  await wakeEachMinute(clock, 65, () => opened.reconciler.wake());
  expect(alerts).toEqual([`${key} Sweego refuses the API key`]);
  status = 200;
  await wakeEachMinute(clock, 60, () => opened.reconciler.wake());
  expect(alerts).toEqual([`${key} Sweego refuses the API key`, `closed ${key}`]);
});

it('does not undo what another process did while this one stood still during its run', async () => {
  const clock = at('10:00:00');
  const url = createInboxFile();
  let thaw = () => {};
  const frozen = await openProcess(url, clock, {
    // Neither the renewal of the lease nor the run continues.
    sleep: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    actions: {
      ...noAlerts,
      pending: () => new Promise((resolve) => (thaw = () => resolve(nothing))),
    },
  });
  const standing = frozen.reconciler.wake();
  await clock.advance(minuteMs);
  const other = await openProcess(url, clock);
  await wakeEachMinute(clock, 32, () => other.reconciler.wake());
  // The first look at a lease only begins to watch it.
  expect(other.startedAt).toEqual(['10:31']);
  thaw();
  void standing;
  await clock.advance(minuteMs);
  const { lastSlot, runs } = await recallReconciliations(other.inbox, clock.now());
  expect(lastSlot).toBe('2026-11-25T10:30:00.000Z');
  expect(runs.map(({ startedAt }) => startedAt.slice(11, 16))).toEqual(['10:31', '10:00']);
});

it('follows the new time after the clock was set back', async () => {
  const clock = at('13:00:00');
  const opened = await openProcess(createInboxFile(), clock);
  await wakeEachMinute(clock, 1, () => opened.reconciler.wake());
  clock.jump(-3 * 60 * minuteMs);
  await wakeEachMinute(clock, 65, () => opened.reconciler.wake());
  expect(opened.startedAt).toEqual(['13:00', '10:01', '10:30', '11:00']);
});

it('runs the next slot in another process after one was killed during its run', async () => {
  const clock = at('10:00:00');
  const url = createInboxFile();
  const killed = await openInbox(url);
  onTestFinished(() => killed.close());
  await haveRun(killed, '2026-11-25T10:00:00.000Z', clock);
  await killed.holdLease({ name: 'reconciliation', holder: 'killed', ttlMs: 30_000, now: clock.now() });
  const other = await openProcess(url, clock);
  await wakeEachMinute(clock, 35, () => other.reconciler.wake());
  // The first look at a lease only begins to watch it.
  expect(other.startedAt).toEqual(['10:31']);
});

it('runs a command after another process was killed during its run, while no serve is running', async () => {
  const clock = at('10:00:00');
  const url = createInboxFile();
  const killed = await openInbox(url);
  onTestFinished(() => killed.close());
  await killed.holdLease({ name: 'reconciliation', holder: 'killed', ttlMs: 30_000, now: clock.now() });
  const command = await openProcess(url, clock);
  const running = command.reconciler.runNow(settingsWith());
  await clock.advance(45_000);
  expect((await running)?.run).toMatchObject({ outcome: 'complete' });
});

it('neither repeats nor forgets a slot after a restart, and keeps the last runs', async () => {
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

it('does not run while Odoo’s scheduled action is switched off, or before Odoo has answered', async () => {
  const clock = at('10:00:00');
  const off = { ...settingsWith(), reconciliation: { is_on: false, every_minutes: 30, requested_at: null } };
  for (const currentSettings of [() => off, () => undefined]) {
    const opened = await openProcess(createInboxFile(), clock, { currentSettings });
    await opened.reconciler.wake();
    expect(opened.startedAt).toEqual([]);
  }
});

it('logs a missing key and a failing Odoo, and tries again at the next slot only', async () => {
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
      ...noAlerts,
      pending: async () => {
        asked += 1;
        if (asked > 1) throw new TypeError('odd');
        return { messages: [waiting], next: null };
      },
      openAlert: async () => ({ result: 'opened' }),
    },
  });
  await wakeEachMinute(clock, 35, () => opened.reconciler.wake());
  expect(asked).toBe(2);
  expect(opened.lines).toMatchObject([
    { level: 'error', codes: ['SWEEGO_API_KEY_MISSING'] },
    { level: 'error', message: 'reconciliation failed', error: 'TypeError' },
  ]);
});
