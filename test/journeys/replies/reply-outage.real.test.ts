import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBridge } from '../../../src/bridge/bridge.ts';
import { parseServeConfig } from '../../../src/config.ts';
import { createLog } from '../../../src/log.ts';
import { startBridge } from '../../support/bridge/bridge-process.ts';
import {
  entriesOf,
  incomingOn,
  mailedOrder,
  personalReply,
  sendReply,
  waitUntilEnded,
} from '../../support/mails/reply-journey.ts';
import { eventually, openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import { openOdooGate } from '../../support/odoo/odoo-gate.ts';
import type { OdooCall, OdooGate } from '../../support/odoo/odoo-gate.ts';

let bridged: BridgedOdoo;
let gate: OdooGate;

beforeAll(async () => {
  bridged = await openBridgedOdoo(async (odoo) => {
    gate = await openOdooGate(odoo.url);
    return { ODOO_URL: gate.url };
  });
});
afterAll(async () => {
  await bridged.close();
  await gate.close();
});

/** Kills the bridge at its next call of this kind, before Odoo sees it or after it has committed. */
function killAt(call: OdooCall, when: 'arrived' | 'answered'): Promise<void> {
  return new Promise((resolve) => {
    const kill = async (seen: OdooCall) => {
      if (seen !== call) return 'pass' as const;
      gate.onArrival(() => 'pass');
      gate.onAnswer(() => 'pass');
      await bridged.bridge.kill();
      resolve();
      return 'hold' as const;
    };
    if (when === 'arrived') gate.onArrival(kill);
    else gate.onAnswer(kill);
  });
}

it.each([
  ['before Odoo is asked where it belongs', 'route', 'arrived'],
  ['before Odoo sees it', 'deliver', 'arrived'],
  ['after Odoo has posted it', 'deliver', 'answered'],
] as const)('a reply makes one message when the bridge is killed %s', async (_when, call, moment) => {
  const address = `kay-${call}-${moment}@example.com`;
  const order = await mailedOrder(bridged, address);
  const bytes = Buffer.from('kept');
  const uuid = bridged.sweego.api.addAttachment(bytes);
  const attachments = [{ uuid, name: 'a.txt', content_type: 'text/plain', size: bytes.length }];
  const webhook = bridged.sweego.createReply(
    personalReply({ from: address, to: [order.replyTo], subject: 'Killed', attachments }),
    new Date(),
  );
  const killed = killAt(call, moment);
  expect((await bridged.sweego.sendInbound(webhook)).status).toBe(200);
  await killed;
  // The bridge has stored the file, so it does not download it again.
  if (call === 'deliver') bridged.sweego.api.removeAttachment(uuid);
  bridged.bridge = await startBridge(bridged.environment);
  expect((await bridged.sweego.sendInbound(webhook)).status).toBe(200);
  await eventually(
    () => incomingOn(bridged, 'sale.order', order.id),
    (found) => found.length > 0,
  );
  await eventually(
    () => entriesOf(bridged),
    (entries) => entries.every(({ state }) => state === 'settled'),
  );
  const messages = await incomingOn(bridged, 'sale.order', order.id);
  expect(messages).toHaveLength(1);
  expect(messages[0]?.['attachment_ids']).toHaveLength(1);
});

it('a reply is posted when Odoo comes back after three hours, and the outage counts as no attempt', async () => {
  const order = await mailedOrder(bridged, 'lou@example.com');
  await bridged.bridge.stop();
  let aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  const log = createLog({ level: 'error', format: 'json', write: () => undefined, now, secrets: [] });
  const config = parseServeConfig({ env: { ...bridged.environment, HOST: '127.0.0.1' }, readFile: () => '' });
  const bridge = await openBridge(config, { now, log });
  try {
    await expect
      .poll(async () => (await fetch(`${bridge.url}/readyz`)).status, { timeout: 20_000 })
      .toBe(200);
    await gate.setMode('bad gateway');
    const reply = personalReply({ from: 'lou@example.com', to: [order.replyTo], subject: 'Patience' });
    const webhook = bridged.sweego.createReply(reply, now());
    expect((await bridged.sweego.sendInbound(webhook)).status).toBe(200);
    for (let hour = 0; hour < 3; hour += 1) {
      aheadMs += 3_600_000;
      await sleep(1_500);
    }
    const [waiting] = await entriesOf(bridged);
    expect(['waiting', 'received']).toContain(waiting?.state);
    await gate.setMode('open');
    const entry = await waitUntilEnded(bridged, webhook.headers['webhook-id'] ?? '');
    expect(entry).toMatchObject({ attempts: 0, waits: 0 });
    expect(entry.reason).toMatch(/^injected: /);
    expect(await incomingOn(bridged, 'sale.order', order.id)).toHaveLength(1);
  } finally {
    await bridge.close();
    bridged.bridge = await startBridge(bridged.environment);
  }
}, 120_000);

it('a short outage of Sweego loses no file', async () => {
  const order = await mailedOrder(bridged, 'max@example.com');
  const uuid = bridged.sweego.api.addAttachment(Buffer.from('late'));
  bridged.sweego.api.failNext(503);
  const attachments = [{ uuid, name: 'late.txt', content_type: 'text/plain', size: 4 }];
  const entry = await sendReply(
    bridged,
    personalReply({ from: 'max@example.com', to: [order.replyTo], subject: 'Late', attachments }),
  );
  expect(entry).toMatchObject({ state: 'settled', attempts: 1 });
  const [message] = await incomingOn(bridged, 'sale.order', order.id);
  expect(message?.['attachment_ids']).toHaveLength(1);
});
