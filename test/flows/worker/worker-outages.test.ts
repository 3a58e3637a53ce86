import { describe, expect, it } from 'vitest';
import { bridgeError } from '../../../src/errors.ts';
import type { OutboundLaneDeps } from '../../../src/flows/delivery/outbound-lane.ts';
import type { WorkerDeps } from '../../../src/flows/worker/worker.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import type { ReadAnswer } from '../../../src/odoo/message-state.ts';
import { describeBody } from '../../../src/sweego/describe-body.ts';
import { settingsWith } from '../../support/bridge/bridge-settings.ts';
import { createInboxFile, openWorker, putOpened } from '../../support/bridge/open-worker.ts';
import { messageState } from '../../support/odoo/message-states.ts';

const settings: WorkerDeps['settings'] = {
  current: () => settingsWith(),
  refresh: async () => settingsWith(),
};

/** An Odoo that knows every message, and refuses every change while `fails` returns true. */
function createFailingOdoo(fails: () => boolean): OutboundLaneDeps['actions'] {
  return {
    read: async (): Promise<ReadAnswer> => ({
      messages: [messageState()],
      gone: [],
    }),
    apply: async (changes) => {
      if (!fails()) return changes.map(() => 'applied' as const);
      throw bridgeError('ODOO_UNAVAILABLE', 'Its disk is full');
    },
  };
}

describe('an Odoo that answers the probe but cannot write', () => {
  it('counts no attempt for half a day, and receives every entry afterwards', async () => {
    let isDiskFull = true;
    const { inbox, clock } = await openWorker(createInboxFile(), {
      settings,
      actions: createFailingOdoo(() => isDiskFull),
    });
    for (const eventId of ['one', 'two', 'three']) await putOpened(inbox, clock.now(), eventId);
    await clock.advance(15_000);
    for (let time = 0; time < 4; time += 1) {
      clock.jump(3 * 3_600_000);
      await clock.advance(50_000);
    }
    const during = await inbox.list({});
    expect(during.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting']);
    expect(Math.max(...during.map(({ attempts }) => attempts))).toBeLessThanOrEqual(1);
    isDiskFull = false;
    await clock.advance(120_000);
    expect((await inbox.list({})).map(({ reason }) => reason)).toEqual(['applied', 'applied', 'applied']);
  });
});

describe('a claim that is written after its worker lost the lease', () => {
  it('is released within a minute when that worker ends, not only at the next start', async () => {
    const url = createInboxFile();
    const { inbox, clock } = await openWorker(url, { settings, actions: createFailingOdoo(() => false) });
    await clock.advance(2_000);
    const late = await openInbox(url);
    await putOpened(late, clock.now(), 'one');
    const claimed = await late.claim({
      kinds: ['outbound'],
      limit: 500,
      now: clock.now(),
      describe: describeBody,
    });
    expect(claimed).toHaveLength(1);
    await late.close();
    await clock.advance(65_000);
    expect(await inbox.list({})).toMatchObject([{ state: 'settled', reason: 'applied', attempts: 0 }]);
  });
});

describe('a bridge that only receives webhooks, because another one holds the lease', () => {
  it('asks for the lease once a second, however many webhooks arrive', async () => {
    const url = createInboxFile();
    const odoo = { settings, actions: createFailingOdoo(() => false) };
    const holder = await openWorker(url, odoo);
    await holder.clock.advance(0);
    let asked = 0;
    const taker = await openWorker(url, {
      ...odoo,
      inbox: (inbox) => ({
        ...inbox,
        holdLease: (options) => {
          asked += 1;
          return inbox.holdLease(options);
        },
      }),
    });
    for (let count = 0; count < 20; count += 1) {
      await putOpened(taker.inbox, taker.clock.now(), `event-${count}`);
      await taker.clock.advance(0);
    }
    expect(asked).toBe(1);
    await taker.clock.advance(3_000);
    expect(asked).toBe(4);
  });
});
