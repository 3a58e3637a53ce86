import { describe, expect, it } from 'vitest';
import { BridgeError, bridgeError } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import type { DeliverAnswer } from '../../../src/odoo/reply-answers.ts';
import { openReplyBridge } from '../../support/bridge/reply-bridge.ts';
import type { ReplyBridge } from '../../support/bridge/reply-bridge.ts';
import { mailedOrder, replyAddress, replyOf } from '../../support/mails/reply-documents.ts';

/** A bridge whose Odoo gives these answers to `deliver` first, and its own answers afterwards. */
async function openAnswering(...answers: readonly (DeliverAnswer | BridgeError)[]): Promise<ReplyBridge> {
  const left = [...answers];
  return openReplyBridge({
    actions: (actual) => ({
      deliver: async (delivery) => {
        const next = left.shift();
        if (next instanceof BridgeError) throw next;
        return next ?? actual.deliver(delivery);
      },
    }),
  });
}

const failure = (code: ErrorCode) => bridgeError(code, 'Odoo does not take it');

async function bringToOrder(bridge: ReplyBridge) {
  const order = await mailedOrder(bridge);
  return { order, entry: await bridge.bring(replyOf({ to: [replyAddress(order.id)] })) };
}

describe('the answer of Odoo', () => {
  it('busy: another call delivers the same mail, so the entry is tried again in five seconds', async () => {
    const bridge = await openAnswering({ result: 'busy' });
    const { entry, order } = await bringToOrder(bridge);
    expect(entry).toMatchObject({ state: 'waiting', attempts: 0, waits: 1 });
    bridge.pass(4_900);
    await bridge.work();
    expect(bridge.deliveries).toHaveLength(1);
    bridge.pass(100);
    await bridge.work();
    expect((await bridge.entry(entry.id)).reason).toBe(
      `injected: sale.order,${order.id} by reply token (certain)`,
    );
  });

  it('missing: the document was deleted meanwhile, so the mail is parked', async () => {
    const { entry } = await bringToOrder(await openAnswering({ result: 'missing' }));
    expect(entry.reason).toMatch(/^REPLY_DOCUMENT_GONE: /);
  });

  it('refused: parked with Odoo’s reason and an activity, and placed by hand later', async () => {
    const bridge = await openAnswering({ result: 'refused', reason: 'alias_policy' });
    const { entry, order } = await bringToOrder(bridge);
    expect(entry).toMatchObject({ state: 'parked', reason: 'REPLY_REFUSED: alias_policy' });
    expect(await bridge.activities()).toHaveLength(1);
    await bridge.replay(entry.id, `sale.order,${order.id}`);
    expect(await bridge.posted()).toHaveLength(1);
    expect(await bridge.activities()).toEqual([]);
  });

  it('refused on the second of two documents: the reason names the first one', async () => {
    const posted: DeliverAnswer = { result: 'posted', messages: [{ id: 9, model: 'sale.order', res_id: 1 }] };
    const bridge = await openAnswering(posted, { result: 'refused', reason: 'loop' });
    const [one, other] = [await mailedOrder(bridge), await mailedOrder(bridge)];
    const entry = await bridge.bring(replyOf({ to: [replyAddress(one.id), replyAddress(other.id)] }));
    expect(entry.reason).toBe('REPLY_REFUSED: loop (it is in Odoo on sale.order,1)');
  });

  it('failed: tried again for hours, then parked with an activity, without the text of the exception', async () => {
    const failed: DeliverAnswer = { result: 'failed', exception: 'ValueError', text: 'zebra@example.com' };
    const bridge = await openAnswering(...Array.from({ length: 7 }, () => failed));
    const { entry, order } = await bringToOrder(bridge);
    const waitedMs: number[] = [];
    for (let each = entry; each.state === 'waiting'; each = await bridge.entry(entry.id)) {
      const [last] = (await bridge.inbox.history(entry.id)).slice(-1);
      waitedMs.push((each.dueAt?.getTime() ?? 0) - (last?.at.getTime() ?? 0));
      expect(await bridge.activities()).toEqual([]);
      bridge.pass(waitedMs.at(-1) ?? 0);
      await bridge.work();
    }
    expect(waitedMs.map((ms) => ms / 1000)).toEqual([5, 30, 120, 600, 3600, 21600]);
    const parked = await bridge.entry(entry.id);
    expect(parked.reason).toMatch(/^REPLY_NOT_TAKEN: Odoo failed to take the mail \(ValueError\)/);
    expect(await bridge.activities()).toHaveLength(1);
    expect(JSON.stringify([bridge.lines, await bridge.inbox.history(entry.id)])).not.toContain('zebra');
    expect((await bridge.replay(entry.id)).reason).toContain(`injected: sale.order,${order.id}`);
    expect(await bridge.activities()).toEqual([]);
  });

  it('too large: parked at once, because only a human can raise the limit', async () => {
    const { entry } = await bringToOrder(await openAnswering(failure('ODOO_TOO_LARGE')));
    expect(entry).toMatchObject({ state: 'parked', attempts: 0 });
  });

  it('none while it is down: no attempt is counted, and the reply is placed when Odoo is back', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    await bridge.odoo.standIn.setCondition('bad gateway');
    const entry = await bridge.bring(replyOf({ to: [replyAddress(order.id)] }));
    expect(entry).toMatchObject({ state: 'waiting', reason: 'ODOO_UNAVAILABLE' });
    bridge.pass(3 * 3_600_000);
    await bridge.odoo.standIn.setCondition('working');
    await bridge.work();
    expect(await bridge.inbox.list({})).toMatchObject([{ state: 'settled', attempts: 0, waits: 0 }]);
    expect(await bridge.posted()).toHaveLength(1);
  });

  it('an error after its commit: the next try finds the message, and posts no second one', async () => {
    let calls = 0;
    const bridge = await openReplyBridge({
      actions: (actual) => ({
        deliver: async (delivery) => {
          calls += 1;
          const answer = await actual.deliver(delivery);
          if (calls === 1) throw failure('ODOO_TIMEOUT');
          return answer;
        },
      }),
    });
    const { entry } = await bringToOrder(bridge);
    expect(entry).toMatchObject({ state: 'waiting', attempts: 0, reason: 'ODOO_TIMEOUT' });
    await bridge.work();
    expect((await bridge.entry(entry.id)).reason).toMatch(/^injected: .*, was there already$/);
    expect(await bridge.posted()).toHaveLength(1);
  });

  it('a refused activity: the mail is parked nevertheless', async () => {
    const bridge = await openReplyBridge({
      actions: () => ({ openAlert: () => Promise.reject(failure('ODOO_VALIDATION')) }),
    });
    expect((await bridge.bring(replyOf())).state).toBe('parked');
    expect(bridge.logged('activity of a parked reply not updated')).toHaveLength(1);
  });

  it('none when an activity is due: the mail is parked later, with its activity', async () => {
    let isDown = true;
    const bridge = await openReplyBridge({
      actions: (actual) => ({
        openAlert: (alert) =>
          isDown ? Promise.reject(failure('ODOO_UNAVAILABLE')) : actual.openAlert(alert),
      }),
    });
    expect((await bridge.bring(replyOf())).reason).toBe('ODOO_UNAVAILABLE');
    isDown = false;
    await bridge.work();
    expect(await bridge.inbox.list({})).toMatchObject([{ state: 'parked' }]);
    expect(await bridge.activities()).toHaveLength(1);
  });
});

describe('the circuit', () => {
  it('allows twenty mails from a sender on a record, parks the rest with one activity, and allows replayed ones', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const other = await mailedOrder(bridge);
    const entries = [];
    for (let count = 0; count < 23; count += 1) {
      entries.push(await bridge.bring(replyOf({ to: [replyAddress(order.id)] })));
      bridge.pass(10_000);
    }
    expect(entries.map(({ state }) => state).lastIndexOf('settled')).toBe(19);
    expect(entries[20]?.reason).toMatch(/^REPLY_CIRCUIT_OPEN: /);
    expect(await bridge.activities()).toHaveLength(1);
    expect(bridge.logged('replies are parked: they look like a loop')).toHaveLength(1);
    expect((await bridge.bring(replyOf({ to: [replyAddress(other.id)] }))).state).toBe('settled');
    expect((await bridge.replay(entries[22]?.id ?? 0)).state).toBe('settled');
    expect(await bridge.posted()).toHaveLength(22);
  });

  it('counts a mail once, even if it is tried several times', async () => {
    const busy: DeliverAnswer = { result: 'busy' };
    const bridge = await openAnswering(...Array.from({ length: 40 }, () => busy));
    const { entry } = await bringToOrder(bridge);
    for (let tries = 0; tries < 40; tries += 1) {
      bridge.pass(5_000);
      await bridge.work();
    }
    expect((await bridge.entry(entry.id)).state).toBe('settled');
  });

  it('does not take a backlog after an outage for a loop', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const begin = Date.parse('2026-11-01T05:00:00Z');
    for (let count = 0; count < 30; count += 1) {
      const receivedAt = new Date(begin + count * 60_000);
      const entry = await bridge.bring(replyOf({ to: [replyAddress(order.id)] }), { receivedAt });
      expect(entry.state).toBe('settled');
    }
  });
});
