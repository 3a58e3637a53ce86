import { describe, expect, it } from 'vitest';
import { bridgeError } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import type { WorkerDeps } from '../../../src/flows/worker/worker.ts';
import type { ApplyResult, MessageChange } from '../../../src/odoo/message-change.ts';
import type { ReadAnswer } from '../../../src/odoo/message-state.ts';
import { settingsWith } from '../../support/bridge/bridge-settings.ts';
import { createInboxFile, openWorker, putOpened } from '../../support/bridge/open-worker.ts';
import { messageState } from '../../support/odoo/message-states.ts';

const settings: WorkerDeps['settings'] = {
  current: () => settingsWith(),
  refresh: async () => settingsWith(),
};

/** An Odoo with the message of all events in this file; it remembers the changes that were applied. */
function createFakeOdoo() {
  const applied: MessageChange[] = [];
  const odoo = {
    applied,
    isMessageVisible: true,
    read: async (): Promise<ReadAnswer> => ({
      messages: odoo.isMessageVisible ? [messageState()] : [],
      gone: [],
    }),
    apply: async (changes: readonly MessageChange[]): Promise<ApplyResult[]> => {
      applied.push(...changes);
      return changes.map(() => 'applied');
    },
  };
  return odoo;
}

function createPromise<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}

const inboxError = (code: ErrorCode) => bridgeError(code, 'The disk is full');

describe('one writer towards Odoo', () => {
  it('is replaced within seconds after it dies, and the other process finishes its claims', async () => {
    const url = createInboxFile();
    const odoo = createFakeOdoo();
    // The first worker hangs in a call to Odoo and its clock stands still, so the second one presumes it dead.
    const hanging = createPromise<ReadAnswer>();
    const first = await openWorker(url, { settings, actions: { ...odoo, read: () => hanging.promise } });
    await putOpened(first.inbox, first.clock.now());
    await first.clock.advance(0);
    const second = await openWorker(url, { settings, actions: odoo });
    await second.clock.advance(5_000);
    expect(odoo.applied).toEqual([]);
    await second.clock.advance(3_000);
    expect(odoo.applied).toHaveLength(1);
    expect(await second.inbox.list({})).toMatchObject([{ state: 'settled', attempts: 0 }]);
    hanging.resolve(await odoo.read());
  });

  it('writes nothing after it stood still and another process took over; no attempt is counted', async () => {
    const url = createInboxFile();
    const odoo = createFakeOdoo();
    const hanging = createPromise<ReadAnswer>();
    const appliedByFirst: unknown[] = [];
    const first = await openWorker(url, {
      settings,
      actions: {
        read: () => hanging.promise,
        apply: async (changes) => {
          appliedByFirst.push(...changes);
          return changes.map(() => 'applied');
        },
      },
    });
    await putOpened(first.inbox, first.clock.now());
    await first.clock.advance(0);
    const second = await openWorker(url, { settings, actions: odoo });
    await second.clock.advance(8_000);
    first.clock.jump(8_000);
    hanging.resolve(await odoo.read());
    await first.clock.advance(0);
    expect(appliedByFirst).toEqual([]);
    expect(odoo.applied).toHaveLength(1);
    expect(await second.inbox.list({})).toMatchObject([{ state: 'settled', attempts: 0 }]);
    expect(first.logged('worker turn failed')).toMatchObject([{ code: 'INBOX_NOT_CLAIMED' }]);
  });

  it('claims nothing while it cannot renew its lease, logs that once, and continues by itself', async () => {
    let isBroken = true;
    const claims: Date[] = [];
    const odoo = createFakeOdoo();
    const opened = await openWorker(createInboxFile(), {
      settings,
      actions: odoo,
      inbox: (inbox) => ({
        ...inbox,
        holdLease: (options) =>
          isBroken ? Promise.reject(inboxError('INBOX_WRITE_FAILED')) : inbox.holdLease(options),
        claim: (options) => {
          claims.push(options.now);
          return inbox.claim(options);
        },
      }),
    });
    await putOpened(opened.inbox, opened.clock.now());
    await opened.clock.advance(60_000);
    expect(claims).toEqual([]);
    expect(opened.logged('worker turn failed')).toMatchObject([
      { level: 'error', code: 'INBOX_WRITE_FAILED' },
    ]);
    isBroken = false;
    await opened.clock.advance(5_000);
    expect(odoo.applied).toHaveLength(1);
  });

  it('counts no attempt for a call that stopping cancels', async () => {
    const odoo = createFakeOdoo();
    const closed = bridgeError('ODOO_CLOSED', 'The bridge stops');
    const { inbox, clock, worker } = await openWorker(createInboxFile(), {
      settings,
      actions: { ...odoo, read: () => Promise.reject(closed) },
    });
    await putOpened(inbox, clock.now());
    await putOpened(inbox, clock.now(), 'event-2');
    await clock.advance(30_000);
    expect(await inbox.list({})).toMatchObject([
      { state: 'waiting', attempts: 0, waits: 0 },
      { state: 'waiting', attempts: 0, waits: 0 },
    ]);
    expect(worker.contact().state).toBe('unknown');
  });

  it('logs that entries were parked because they crashed the process again and again', async () => {
    const opened = await openWorker(createInboxFile(), {
      settings,
      inbox: (inbox) => ({
        ...inbox,
        releaseClaimed: async ([kind]) => ({ released: 2, parked: kind === 'outbound' ? 1 : 0 }),
      }),
    });
    await opened.clock.advance(5_000);
    expect(opened.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { code: 'INBOX_CRASHES_WORKER', parked: 1 },
    ]);
  });
});

describe('an outage', () => {
  it('neither ends nor is logged again while Odoo answers the probe and fails the work', async () => {
    let reads = 0;
    const badGateway = bridgeError('ODOO_UNAVAILABLE', 'HTML 502', { fix: 'Look at the proxy.' });
    const { inbox, clock, logged } = await openWorker(createInboxFile(), {
      settings,
      actions: {
        ...createFakeOdoo(),
        read: () => {
          reads += 1;
          return Promise.reject(badGateway);
        },
      },
    });
    for (let index = 0; index < 8; index += 1) await putOpened(inbox, clock.now(), `event-${index}`);
    await clock.advance(15_000);
    expect(reads).toBeGreaterThan(3);
    expect(logged('Odoo is unavailable: pausing')).toMatchObject([
      { code: 'ODOO_UNAVAILABLE', error: 'HTML 502. Look at the proxy.' },
    ]);
    expect(logged('Odoo answers')).toEqual([]);
  });
});

describe('a clock that is changed', () => {
  it('back by an hour makes no wait longer, and this is logged', async () => {
    const odoo = createFakeOdoo();
    odoo.isMessageVisible = false;
    const { inbox, clock, logged } = await openWorker(createInboxFile(), { settings, actions: odoo });
    await putOpened(inbox, clock.now());
    await clock.advance(1_000);
    expect(await inbox.list({})).toMatchObject([{ state: 'waiting', waits: 1 }]);
    odoo.isMessageVisible = true;
    clock.jump(-3_600_000);
    await clock.advance(8_000);
    expect(await inbox.list({})).toMatchObject([{ state: 'settled', reason: 'applied' }]);
    const [line, ...more] = logged('clock was set back');
    expect(more).toEqual([]);
    expect(Number(line?.['setBackMs'])).toBeGreaterThan(3_590_000);
    expect(Number(line?.['setBackMs'])).toBeLessThanOrEqual(3_600_000);
  });

  it('back by less than a second is ignored', async () => {
    const { clock, logged } = await openWorker(createInboxFile(), { settings });
    await clock.advance(5_000);
    clock.jump(-900);
    await clock.advance(5_000);
    expect(logged('clock was set back')).toEqual([]);
  });

  it('back is handled again when the inbox could not be written the first time', async () => {
    let failures = 1;
    const shifts: number[] = [];
    const { clock } = await openWorker(createInboxFile(), {
      settings,
      inbox: (inbox) => ({
        ...inbox,
        shiftWaits: async (byMs) => {
          failures -= 1;
          if (failures >= 0) throw inboxError('INBOX_WRITE_FAILED');
          shifts.push(byMs);
        },
      }),
    });
    await clock.advance(2_000);
    clock.jump(-60_000);
    await clock.advance(10_000);
    expect(shifts).toHaveLength(1);
    expect(shifts[0]).toBeGreaterThan(50_000);
  });
});

describe('retention', () => {
  it('erases a body a week after its entry was settled, and deletes the entry after 90 days', async () => {
    const odoo = createFakeOdoo();
    const { inbox, clock, logged } = await openWorker(createInboxFile(), { settings, actions: odoo });
    await putOpened(inbox, clock.now());
    await clock.advance(1_000);
    clock.jump(7 * 86_400_000 - 60_000);
    await clock.advance(10_000);
    expect(await inbox.list({})).toMatchObject([{ state: 'settled', isErased: false }]);
    clock.jump(3_600_000);
    await clock.advance(10_000);
    expect(await inbox.list({})).toMatchObject([{ state: 'settled', isErased: true }]);
    clock.jump(83 * 86_400_000);
    await clock.advance(10_000);
    expect(await inbox.list({})).toEqual([]);
    expect(logged('retention erased bodies and deleted entries')).toMatchObject([
      { bodies: 1, entries: 0 },
      { entries: 1 },
    ]);
  });

  it('takes one step between two batches, ends, and starts again after an hour', async () => {
    const steps: string[] = [];
    let left = 3;
    const { inbox, clock } = await openWorker(createInboxFile(), {
      settings,
      actions: createFakeOdoo(),
      inbox: (opened) => ({
        ...opened,
        claim: async (options) => {
          const entries = await opened.claim({ ...options, limit: 1 });
          if (entries.length > 0) steps.push('batch');
          return entries;
        },
        retain: async () => {
          steps.push('retain');
          left -= 1;
          return { bodies: left > 0 ? 200 : 0, entries: 0 };
        },
      }),
    });
    for (const id of ['event-1', 'event-2', 'event-3']) await putOpened(inbox, clock.now(), id);
    await clock.advance(10_000);
    expect(steps.filter((step) => step === 'batch')).toHaveLength(3);
    expect(steps.filter((step) => step === 'retain')).toHaveLength(3);
    expect(steps.join(' ')).not.toContain('retain retain retain');
    clock.jump(3_600_000);
    await clock.advance(3_000);
    expect(steps.filter((step) => step === 'retain')).toHaveLength(4);
  });

  it('does not stop the work when it fails, and is tried again after an hour', async () => {
    const odoo = createFakeOdoo();
    let tries = 0;
    const { inbox, clock, logged } = await openWorker(createInboxFile(), {
      settings,
      actions: odoo,
      inbox: (opened) => ({
        ...opened,
        retain: async () => {
          tries += 1;
          throw inboxError('INBOX_WRITE_FAILED');
        },
      }),
    });
    await clock.advance(10_000);
    await putOpened(inbox, clock.now());
    await clock.advance(10_000);
    expect([odoo.applied.length, tries]).toEqual([1, 1]);
    clock.jump(3_600_000);
    await clock.advance(10_000);
    expect(tries).toBe(2);
    expect(logged('retention failed, next try in an hour')).toMatchObject([
      { code: 'INBOX_WRITE_FAILED' },
      { code: 'INBOX_WRITE_FAILED' },
    ]);
  });

  it('is done by the holder of the lease only', async () => {
    const url = createInboxFile();
    await openWorker(url, { settings }).then(({ clock }) => clock.advance(0));
    let tries = 0;
    const other = await openWorker(url, {
      settings,
      inbox: (opened) => ({
        ...opened,
        retain: async () => {
          tries += 1;
          return { bodies: 0, entries: 0 };
        },
      }),
    });
    await other.clock.advance(3_000);
    expect(tries).toBe(0);
  });
});
