import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bridgeError } from '../../../src/errors.ts';
import type { BridgeError } from '../../../src/errors.ts';
import { createSealer } from '../../../src/flows/settings/sealer.ts';
import { createSettingsKeeper } from '../../../src/flows/settings/settings-keeper.ts';
import { createSettingsSnapshot } from '../../../src/flows/settings/settings-snapshot.ts';
import type { BridgeSettings } from '../../../src/odoo/bridge-answers.ts';
import { settingsWith } from '../../support/bridge/bridge-settings.ts';
import { createSnapshotStore } from '../../support/inbox/snapshot-store.ts';
import type { SnapshotStore } from '../../support/inbox/snapshot-store.ts';

const first = Buffer.alloc(48, 'first').toString('base64');
const second = Buffer.alloc(48, 'second').toString('base64');
const unreachable = bridgeError('ODOO_UNREACHABLE', 'Odoo is down');

/** One process of the bridge, with an Odoo that gives the settings of the test. */
function openReplica(store: SnapshotStore, credential = 'the-api-key') {
  const lines: string[] = [];
  const write = (fields: object, message: string) => lines.push(`${message} ${JSON.stringify(fields)}`);
  const log = { info: write, warn: write };
  const replica = {
    lines,
    clock: Date.parse('2026-11-01T10:00:00Z'),
    /** Undefined: Odoo is down. */
    odoo: undefined as BridgeSettings | undefined,
    accepted: () => keeper.secretsFor('outbound').map(({ key }) => key.export().toString('base64')),
    refresh: () => keeper.refresh().catch((error: BridgeError) => error.code),
  };
  const now = () => new Date(replica.clock);
  const sealer = createSealer({ credential, database: 'production', randomBytes });
  const keeper = createSettingsKeeper({
    actions: { settings: async () => replica.odoo ?? Promise.reject(unreachable) },
    snapshot: createSettingsSnapshot({ inbox: store, sealer, now, log }),
    environmentSecrets: { outbound: [], inbound: [] },
    now,
    log,
  });
  return {
    ...keeper,
    ...replica,
    set: (changes: Partial<typeof replica>) => Object.assign(replica, changes),
  };
}

describe('the settings snapshot', () => {
  it('verifies webhooks right after a restart while Odoo is down, and is not used for decisions', async () => {
    const store = createSnapshotStore();
    const before = openReplica(store);
    before.set({ odoo: settingsWith(first, second) });
    await before.refresh();

    const after = openReplica(store);
    expect(after.knowsOdooSecrets()).toBe(false);
    await after.recall();
    expect(after.accepted()).toEqual([first, second]);
    expect(after.secretsFor('outbound').map(({ id }) => id)).toEqual([
      'server:3:outbound',
      'server:3:outbound:2',
    ]);
    expect(after.knowsOdooSecrets()).toBe(true);
    expect(after.current()).toBeUndefined();
    expect(await after.refresh()).toBe('ODOO_UNREACHABLE');
    expect(after.accepted()).toEqual([first, second]);
  });

  it('proves no signature wrong while Odoo may have a newer secret', async () => {
    const replica = openReplica(await keptStore());
    await replica.recall();
    expect(replica.areSecretsCurrent()).toBe(false);
    replica.set({ odoo: settingsWith(first) });
    await replica.refresh();
    expect(replica.areSecretsCurrent()).toBe(true);
    replica.set({ odoo: undefined });
    await replica.refresh();
    expect(replica.areSecretsCurrent()).toBe(false);
    expect(replica.accepted()).toEqual([first]);
  });

  it('is stored when the settings change, not at every refresh', async () => {
    const store = createSnapshotStore();
    const replica = openReplica(store);
    replica.set({ odoo: settingsWith(first) });
    await replica.refresh();
    await replica.refresh();
    expect(store.saves).toBe(1);
    const restarted = openReplica(store);
    await restarted.recall();
    restarted.set({ odoo: settingsWith(first) });
    await restarted.refresh();
    expect(store.saves).toBe(1);
    restarted.set({ odoo: settingsWith(second) });
    await restarted.refresh();
    expect(store.saves).toBe(2);
  });

  it.each([
    ['the key was changed', 'a-new-key', false],
    ['the bytes are damaged', 'the-api-key', true],
  ])('counts as missing when %s, which is logged once, and is replaced', async (_, key, isDamaged) => {
    const store = await keptStore();
    if (isDamaged) await store.saveSnapshot('settings', new Uint8Array(200).fill(1), new Date(0));
    const replica = openReplica(store, key);
    await replica.recall();
    await replica.refresh();
    await replica.recall();
    expect(replica.knowsOdooSecrets()).toBe(false);
    expect(replica.lines.filter((line) => line.includes('INBOX_SNAPSHOT_UNUSABLE'))).toHaveLength(1);
    replica.set({ odoo: settingsWith(second) });
    await replica.refresh();
    expect(replica.accepted()).toEqual([second]);
    const restarted = openReplica(store, key);
    await restarted.recall();
    expect(restarted.accepted()).toEqual([second]);
  });

  it('is not needed to use settings: a failure to store it is logged once and tried again', async () => {
    const store = createSnapshotStore();
    const replica = openReplica(store);
    replica.set({ odoo: settingsWith(first) });
    store.failure = bridgeError('INBOX_WRITE_FAILED', 'The disk is full');
    await replica.refresh();
    await replica.refresh();
    expect(replica.accepted()).toEqual([first]);
    // Once for reading, once for storing.
    expect(replica.lines.filter((line) => line.includes('INBOX_WRITE_FAILED'))).toHaveLength(2);
    store.failure = undefined;
    await replica.refresh();
    expect(store.saves).toBe(1);
  });

  it('reaches a replica that cannot reach Odoo itself', async () => {
    const store = createSnapshotStore();
    const [cutOff, other] = [openReplica(store), openReplica(store)];
    for (const replica of [cutOff, other]) replica.set({ odoo: settingsWith(first) });
    await Promise.all([cutOff.refresh(), other.refresh()]);
    cutOff.set({ odoo: undefined, clock: Date.parse('2026-11-01T11:00:00Z') });
    other.set({ odoo: settingsWith(second), clock: Date.parse('2026-11-01T11:00:00Z') });
    await other.refresh();
    expect(cutOff.accepted()).toEqual([first]);
    await cutOff.refreshForUnknownSignature();
    expect(cutOff.accepted()).toEqual([second]);
  });

  it('does not replace later settings that came from Odoo', async () => {
    const store = createSnapshotStore();
    const other = openReplica(store);
    other.set({ odoo: settingsWith(first) });
    await other.refresh();
    const replica = openReplica(store);
    replica.set({ odoo: settingsWith(second), clock: Date.parse('2026-11-01T11:00:00Z') });
    store.failure = new Error('no look yet');
    await replica.refresh();
    store.failure = undefined;
    replica.set({ odoo: undefined });
    await replica.refresh();
    expect(replica.accepted()).toEqual([second]);
  });

  it('of another release is used as far as its secrets can be read', async () => {
    const store = createSnapshotStore();
    const sealer = createSealer({ credential: 'the-api-key', database: 'production', randomBytes });
    const later = { servers: [{ id: 7, outbound_secrets: [first], inbound_secrets: [], new: {} }], more: 1 };
    await store.saveSnapshot('settings', await sealer.seal(Buffer.from(JSON.stringify(later))), new Date());
    const replica = openReplica(store);
    await replica.recall();
    expect(replica.accepted()).toEqual([first]);
  });
});

async function keptStore(): Promise<SnapshotStore> {
  const store = createSnapshotStore();
  const replica = openReplica(store);
  replica.set({ odoo: settingsWith(first) });
  await replica.refresh();
  return store;
}
