import { describe, expect, it } from 'vitest';
import { bridgeError } from '../../../src/errors.ts';
import type { EntryResults, Lane } from '../../../src/flows/worker/lane.ts';
import type { EntryKind, Entry, Inbox } from '../../../src/inbox/inbox.ts';
import { settingsWith } from '../../support/bridge/bridge-settings.ts';
import { createInboxFile, openWorker } from '../../support/bridge/open-worker.ts';

const settings = { current: () => settingsWith(), refresh: async () => settingsWith() };

/** A lane that runs `work` and then reports every entry as applied. */
function laneOf(
  kind: EntryKind,
  work: (entries: readonly Entry[], context: Parameters<Lane['work']>[1]) => Promise<void> = async () =>
    undefined,
): Lane {
  return {
    kinds: [kind],
    mostEntries: 2,
    async work(entries, context): Promise<EntryResults> {
      await work(entries, context);
      return new Map(entries.map(({ id }) => [id, { kind: 'settle', outcome: { outcome: 'applied' } }]));
    },
    conclude: async (_entries, results) => results,
  };
}

async function put(inbox: Inbox, kind: EntryKind, now: Date): Promise<void> {
  const requestKey = `w-${Math.random()}`;
  const body = Buffer.from(JSON.stringify({ event_id: requestKey }));
  await inbox.put({ kind, requestKey, body, receivedAt: now, secretId: 'environment:1' });
}

const statesOf = async (inbox: Inbox, kind: EntryKind) =>
  (await inbox.list({ kinds: [kind] })).map(({ state }) => state);

const outage = bridgeError('ODOO_UNAVAILABLE', 'HTML 502');

describe('two lanes', () => {
  it('run side by side: a reply that takes minutes does not delay a bounce', async () => {
    const lanes = [laneOf('outbound'), laneOf('inbound', () => new Promise(() => undefined))];
    const { inbox, clock } = await openWorker(createInboxFile(), { settings, lanes }, { isStuck: true });
    await put(inbox, 'inbound', clock.now());
    await put(inbox, 'outbound', clock.now());
    await clock.advance(1_000);
    expect(await statesOf(inbox, 'outbound')).toEqual(['settled']);
    await put(inbox, 'outbound', clock.now());
    await clock.advance(60_000);
    expect(await statesOf(inbox, 'outbound')).toEqual(['settled', 'settled']);
    expect(await statesOf(inbox, 'inbound')).toEqual(['claimed']);
  });

  it('do not release each other’s claims when one of them cannot write to the inbox for a while', async () => {
    let failures = 1;
    const lanes = [laneOf('outbound'), laneOf('inbound', () => new Promise(() => undefined))];
    const { inbox, clock } = await openWorker(
      createInboxFile(),
      {
        settings,
        lanes,
        inbox: (opened) => ({
          ...opened,
          settle: (...words) => {
            failures -= 1;
            return failures < 0
              ? opened.settle(...words)
              : Promise.reject(bridgeError('INBOX_WRITE_FAILED', 'The disk is full'));
          },
        }),
      },
      { isStuck: true },
    );
    await put(inbox, 'inbound', clock.now());
    await put(inbox, 'outbound', clock.now());
    await clock.advance(10_000);
    expect(await statesOf(inbox, 'outbound')).toEqual(['settled']);
    expect(await statesOf(inbox, 'inbound')).toEqual(['claimed']);
  });

  it('share the state of Odoo: an outage is logged once, and ends when the work of both succeeds', async () => {
    let isBroken = true;
    const lanes = [
      laneOf('outbound', async () => {
        if (isBroken) throw outage;
      }),
      laneOf('inbound'),
    ];
    const { inbox, clock, logged, worker } = await openWorker(createInboxFile(), { settings, lanes });
    for (const kind of ['outbound', 'outbound', 'outbound'] as const) {
      await put(inbox, kind, clock.now());
    }
    await clock.advance(1_000);
    for (let count = 0; count < 5; count += 1) {
      await put(inbox, 'inbound', clock.now());
      await clock.advance(2_000);
    }
    expect(new Set(await statesOf(inbox, 'inbound'))).toEqual(new Set(['settled']));
    expect(logged('Odoo is unavailable: pausing')).toHaveLength(1);
    expect(logged('Odoo answers')).toEqual([]);
    expect(worker.contact()).toMatchObject({ state: 'down' });
    isBroken = false;
    await clock.advance(60_000);
    expect(logged('Odoo answers')).toHaveLength(1);
    expect(worker.contact()).toEqual({ state: 'up' });
  });

  it('write nothing to Odoo when another process may hold the lease', async () => {
    const url = createInboxFile();
    let go: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (go = resolve));
    const written: string[] = [];
    const slow = laneOf('inbound', async (_entries, { requireLease }) => {
      await waiting;
      requireLease();
      written.push('first');
    });
    const first = await openWorker(url, { settings, lanes: [slow] });
    await put(first.inbox, 'inbound', first.clock.now());
    await first.clock.advance(0);
    const second = await openWorker(url, { settings, lanes: [laneOf('inbound')] });
    await second.clock.advance(8_000);
    first.clock.jump(8_000);
    go();
    await first.clock.advance(0);
    expect(written).toEqual([]);
    expect(await second.inbox.list({})).toMatchObject([{ state: 'settled', attempts: 0 }]);
  });
});
