import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBridgeActions } from '../../../src/odoo/bridge-actions.ts';
import { openStandIn } from '../../demo/open-stand-in.ts';
import type { OpenStandIn } from '../../demo/open-stand-in.ts';
import { openEventBridge } from '../../support/bridge/event-bridge.ts';
import type { EventBridge } from '../../support/bridge/event-bridge.ts';
import {
  eventBody,
  eventCases,
  logRowBody,
  loggedEventCases,
  mayBeDeliveredToAll,
  sortedBatch,
} from '../../support/mails/event-cases.ts';
import type { Delivery, EventCase } from '../../support/mails/event-cases.ts';
import { createMessageMaker } from '../../support/odoo/marked-messages.ts';
import type { MessageMaker } from '../../support/odoo/marked-messages.ts';
import { readOutcomes } from '../../support/odoo/message-outcomes.ts';
import type { MarkedMessage } from '../../support/odoo/message-outcomes.ts';

let odoo: OpenStandIn;
let bridge: EventBridge;
let make: MessageMaker;

beforeAll(async () => {
  odoo = await openStandIn();
  bridge = await openEventBridge(createBridgeActions(odoo.bridge));
  make = await createMessageMaker(odoo.admin);
});
afterAll(async () => {
  await bridge.close();
  await odoo.close();
});

let unique = 0;

async function deliver(drawn: EventCase, message: MarkedMessage, batch: readonly Delivery[]): Promise<void> {
  const bodies = batch.map((delivery) => {
    unique += 1;
    const event = drawn.events[delivery.event];
    if (event === undefined) throw new Error('no such event');
    if (delivery.as === 'log' || delivery.as === 'bare log') {
      return { kind: 'log' as const, body: logRowBody(drawn, delivery, message) };
    }
    return { kind: 'outbound' as const, body: eventBody(event, delivery, message, String(unique)) };
  });
  await bridge.putMixed(bodies);
  await bridge.drained();
}

/** What Odoo finally shows for a case as drawn, and for the same events in order and without repetitions. */
async function outcomesOf(drawn: EventCase, isDeletionWished: boolean) {
  const wanted = { kind: drawn.kind, recipients: drawn.recipients, isDeletionWished };
  const [one, other] = (await make([wanted, wanted])) as [MarkedMessage, MarkedMessage];
  for (const batch of drawn.batches) await deliver(drawn, one, batch);
  await deliver(drawn, other, sortedBatch(drawn));
  const [shuffled, sorted] = await readOutcomes(odoo.admin, [one, other]);
  if (shuffled === undefined || sorted === undefined) throw new Error('no outcome');
  return { shuffled, sorted };
}

describe('the final state in Odoo', () => {
  it('depends only on the set of events, not on their order, repetition or batches', async () => {
    await fc.assert(
      fc.asyncProperty(eventCases, async (drawn) => {
        const { shuffled, sorted } = await outcomesOf(drawn, false);
        expect(sorted.history).not.toEqual([]);
        expect(shuffled).toEqual(sorted);
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('depends only on the events of webhooks and the log, even when the log has few details', async () => {
    await fc.assert(
      fc.asyncProperty(loggedEventCases, async (drawn) => {
        const { shuffled, sorted } = await outcomesOf(drawn, false);
        expect(sorted.history).not.toEqual([]);
        expect(shuffled).toEqual(sorted);
      }),
      { numRuns: 100 },
    );
  }, 120_000);

  it('depends only on the set of events also for mails that are deleted on delivery', async () => {
    await fc.assert(
      fc.asyncProperty(eventCases, async (drawn) => {
        const { shuffled, sorted } = await outcomesOf(drawn, true);
        expect(shuffled.history).toEqual(sorted.history);
        // A direct mail is deleted with its message, so a later bounce has nowhere to be shown.
        const mayBeGone = mayBeDeliveredToAll(drawn);
        if (drawn.kind !== 'direct' || !mayBeGone) {
          expect(shuffled.notifications).toEqual(sorted.notifications);
        }
        if (!mayBeGone && drawn.kind !== 'a mail each') expect(shuffled.mails).toEqual(sorted.mails);
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
