import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendHttpRequest } from '../../../src/http-client.ts';
import { createBridgeActions } from '../../../src/odoo/bridge-actions.ts';
import type { BridgeActions } from '../../../src/odoo/bridge-actions.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import type { Odoo } from '../../../src/odoo/odoo.ts';
import { openRealDatabase } from '../../support/odoo/real-odoo.ts';
import type { ProvisionedDatabase } from '../../support/odoo/real-odoo.ts';
import { findScheduledJob } from '../../support/odoo/scheduled-jobs.ts';
import type { ScheduledJob } from '../../support/odoo/scheduled-jobs.ts';

let database: ProvisionedDatabase;
let odoo: Odoo;
let actions: BridgeActions;
let job: ScheduledJob;

beforeAll(async () => {
  database = await openRealDatabase({ template: 'provisioned' });
  const { url, database: name, bridgeApiKey: secret } = database;
  odoo = createOdoo('json2', { url, database: name, secret, timeoutMs: 60_000 }, sendHttpRequest);
  actions = createBridgeActions(odoo);
  job = await findScheduledJob(database.administrator, 'reconcile');
});
afterAll(async () => {
  await odoo.close();
  await database.close();
});

const set = (values: Readonly<Record<string, unknown>>) =>
  database.administrator.call('ir.cron', 'write', [[job.id], values]);
const setRequest = (value: string | false) =>
  database.administrator.call('ir.config_parameter', 'set_param', [
    'sweego_bridge.reconcile_requested_at',
    value,
  ]);
const readSchedule = async () => (await actions.settings()).reconciliation;

describe('the scheduled action for the delivery log', () => {
  it('runs every half hour by default, and nobody has asked for a run', async () => {
    await job.runBySchedule();
    expect(await readSchedule()).toEqual({ is_on: true, every_minutes: 30, requested_at: null });
  });

  it('reports each run by hand to the bridge, and no other run', async () => {
    await job.runByHand();
    const { requested_at: first } = await readSchedule();
    // In UTC, whatever the time zones of server and user.
    expect(Math.abs((first?.getTime() ?? 0) - Date.now())).toBeLessThan(3_600_000);
    await job.runBySchedule();
    expect((await readSchedule()).requested_at).toEqual(first);

    const earlier = new Date('2026-01-01T00:00:00Z');
    await setRequest('2026-01-01 00:00:00');
    expect((await readSchedule()).requested_at).toEqual(earlier);
    await job.runByHand();
    expect((await readSchedule()).requested_at).not.toEqual(earlier);
  });

  it('can be slowed down', async () => {
    await set({ interval_number: 2, interval_type: 'hours' });
    expect(await readSchedule()).toMatchObject({ is_on: true, every_minutes: 120 });
    await set({ interval_number: 1, interval_type: 'weeks' });
    expect(await readSchedule()).toMatchObject({ is_on: true, every_minutes: 7 * 24 * 60 });
  });

  it('can be switched off, and still be run by hand', async () => {
    await set({
      active: false,
      interval_number: 30,
      interval_type: 'minutes',
      nextcall: '2020-01-01 00:00:00',
    });
    const before = await readSchedule();
    expect(before).toMatchObject({ is_on: false, every_minutes: 30 });
    await setRequest(false);
    await job.runByHand();
    expect(await readSchedule()).toMatchObject({ is_on: false, requested_at: expect.any(Date) as Date });
  });

  it('can be deleted: then the bridge does not ask Sweego by itself', async () => {
    await database.administrator.call('ir.cron', 'unlink', [[job.id]]);
    expect(await readSchedule()).toMatchObject({ is_on: false, every_minutes: 30 });
  });
});
