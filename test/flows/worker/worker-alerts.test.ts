import { describe, expect, it, onTestFinished } from 'vitest';
import { sweegoEventBody } from '../../../demo/sweego-event.ts';
import { createSettingsKeeper } from '../../../src/flows/settings/settings-keeper.ts';
import { sendHttpRequest } from '../../../src/http-client.ts';
import { createBridgeActions } from '../../../src/odoo/bridge-actions.ts';
import type { BridgeActions } from '../../../src/odoo/bridge-actions.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import { openStandIn } from '../../demo/open-stand-in.ts';
import type { OpenStandIn } from '../../demo/open-stand-in.ts';
import { createInboxFile, openWorker } from '../../support/bridge/open-worker.ts';
import { noSnapshot } from '../../support/inbox/no-snapshot.ts';
import { localWork } from '../../support/manual-clock.ts';

const pausing = 'Odoo is unavailable: pausing';

/** A worker with one bounce to apply in a stand-in Odoo, and a way to break the connection. */
async function openBounce(
  outage: (odoo: OpenStandIn) => Promise<{ secret?: string; database?: string; timeoutMs?: number }>,
) {
  const odoo = await openStandIn();
  const ann = await odoo.mails.createContact('Ann', 'ann@example.com');
  const message = await odoo.mails.postMessage((await odoo.mails.createOrder(ann)).id, [ann]);
  const mail = await odoo.sink.waitFor(({ recipient }) => recipient === 'ann@example.com');
  const right = { url: odoo.standIn.url, database: odoo.standIn.database, secret: odoo.standIn.bridgeApiKey };
  const connect = (changes: object) =>
    createBridgeActions(createOdoo('json2', { ...right, timeoutMs: 5_000, ...changes }, sendHttpRequest));
  let actions: BridgeActions = connect(await outage(odoo));
  const underWay = new Set<Promise<unknown>>();
  function noted<Answer>(call: Promise<Answer>): Promise<Answer> {
    underWay.add(call);
    return call.finally(() => underWay.delete(call));
  }
  /** Odoo answers in real time, so the clock waits for its answers. */
  async function settle(): Promise<void> {
    do {
      await Promise.allSettled(underWay);
      await localWork();
    } while (underWay.size > 0);
  }
  const current: BridgeActions = {
    settings: () => noted(actions.settings()),
    read: (ids) => noted(actions.read(ids)),
    apply: (changes) => noted(actions.apply(changes)),
    route: (question) => actions.route(question),
    deliver: (delivery) => actions.deliver(delivery),
    openAlert: (alert) => actions.openAlert(alert),
    closeAlert: (key) => actions.closeAlert(key),
    pending: (cursor) => actions.pending(cursor),
    findMessages: (document) => actions.findMessages(document),
  };
  const opened = await openWorker(
    createInboxFile(),
    {
      actions: { read: (ids) => current.read(ids), apply: (changes) => current.apply(changes) },
      settings: createSettingsKeeper({
        actions: current,
        snapshot: noSnapshot,
        environmentSecrets: { outbound: [], inbound: [] },
        now: () => new Date(),
        log: { info() {}, warn() {} },
      }),
    },
    { settle },
  );
  onTestFinished(() => odoo.close());
  await opened.inbox.put({
    kind: 'outbound',
    requestKey: 'w-1',
    body: Buffer.from(
      sweegoEventBody({
        type: 'hard_bounce',
        mail,
        uid: '01-ann',
        transactionId: 'd4fbec9d-eed9-44d5-af47-c1126467a5ca',
        at: new Date('2026-11-01T10:00:00Z'),
        smtpAnswer: '550 5.1.1 User unknown',
      }),
    ),
    receivedAt: opened.clock.now(),
    secretId: 'environment:1',
  });
  return {
    ...opened,
    odoo,
    message: message.id,
    async repair() {
      // Changing the condition would reset a hanging call: a different failure, which would be logged again.
      await settle();
      await odoo.standIn.setCondition('working');
      actions = connect({});
    },
    pass: (minutes: number) => opened.clock.advance(minutes * 60_000),
  };
}

describe('an outage of Odoo', () => {
  it.each([
    ['an expired key', 'ODOO_AUTHENTICATION', 'ODOO_API_KEY', async () => ({ secret: 'expired' })],
    ['a database that is gone', 'ODOO_DATABASE', 'ODOO_DATABASE', async () => ({ database: 'gone' })],
    [
      'a proxy that answers 502 with a page',
      'ODOO_UNAVAILABLE',
      'logs',
      async ({ standIn }: OpenStandIn) => {
        await standIn.setCondition('bad gateway');
        return {};
      },
    ],
    [
      'an Odoo that hangs',
      'ODOO_TIMEOUT',
      'workers',
      async ({ standIn }: OpenStandIn) => {
        await standIn.setCondition('hanging');
        return { timeoutMs: 20 };
      },
    ],
  ])('is logged once with its code and fix, and once when it ends: %s', async (_, code, fix, outage) => {
    const bounce = await openBounce(outage);
    await bounce.pass(1);
    expect(bounce.logged(pausing)).toMatchObject([{ level: 'error', code }]);
    expect(bounce.logged(pausing)[0]?.['error']).toContain(fix);
    expect(bounce.worker.contact()).toMatchObject({ state: 'down', code });
    expect((await bounce.inbox.status()).states.parked).toBe(0);
    expect(bounce.logged('Odoo answers')).toEqual([]);

    await bounce.repair();
    await bounce.pass(2);
    expect(await bounce.inbox.list({})).toMatchObject([{ state: 'settled', reason: 'applied', attempts: 0 }]);
    expect(await bounce.odoo.mails.notificationsOf(bounce.message)).toMatchObject([
      { notification_status: 'exception' },
    ]);
    expect(bounce.logged('Odoo answers')).toHaveLength(1);
    expect(bounce.logged(pausing)).toHaveLength(1);
  });

  it('is logged again when its code changes', async () => {
    const bounce = await openBounce(async ({ standIn }) => {
      await standIn.setCondition('bad gateway');
      return {};
    });
    await bounce.pass(2);
    await bounce.odoo.standIn.setCondition('gone');
    await bounce.pass(2);
    expect(bounce.logged(pausing).map(({ code }) => code)).toEqual(['ODOO_UNAVAILABLE', 'ODOO_UNREACHABLE']);
  });
});
