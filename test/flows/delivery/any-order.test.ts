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

/** A message and what is to arrive of it, batch after batch. */
type Course = { drawn: EventCase; message: MarkedMessage; batches: readonly (readonly Delivery[])[] };

function bodyOf({ drawn, message }: Course, delivery: Delivery) {
  unique += 1;
  const event = drawn.events[delivery.event];
  if (event === undefined) throw new Error('no such event');
  if (delivery.as === 'log' || delivery.as === 'bare log') {
    return { kind: 'log' as const, body: logRowBody(drawn, delivery, message) };
  }
  return { kind: 'outbound' as const, body: eventBody(event, delivery, message, String(unique)) };
}

/** The batches of all messages side by side, as in a bridge that many messages keep busy. */
async function deliver(courses: readonly Course[]): Promise<void> {
  const steps = Math.max(...courses.map(({ batches }) => batches.length));
  for (let step = 0; step < steps; step += 1) {
    await bridge.putMixed(
      courses.flatMap((each) => (each.batches[step] ?? []).map((delivery) => bodyOf(each, delivery))),
    );
    await bridge.drained();
  }
}

/** What Odoo shows in the end of each case as drawn, and of the same set in order and without repetitions. */
async function outcomesOf(cases: readonly EventCase[], isDeletionRequested: boolean) {
  const twins = cases.flatMap((drawn) => [
    { drawn, batches: drawn.batches },
    { drawn, batches: [sortedBatch(drawn)] },
  ]);
  const messages = await make(
    twins.map(({ drawn: { kind, recipients } }) => ({ kind, recipients, isDeletionRequested })),
  );
  const courses = twins.map((twin, index): Course => {
    const message = messages[index];
    if (message === undefined) throw new Error('no message');
    return { ...twin, message };
  });
  await deliver(courses);
  const outcomes = await readOutcomes(odoo.admin, messages);
  return cases.map((drawn, index) => {
    const [shuffled, sorted] = outcomes.slice(2 * index);
    if (shuffled === undefined || sorted === undefined) throw new Error('no outcome');
    return { drawn, shuffled, sorted };
  });
}

/** So many cases make one run: together they take about as long as one of them alone. */
const casesInRun = 5;
const severalOf = (cases: fc.Arbitrary<EventCase>) =>
  fc.array(cases, { minLength: casesInRun, maxLength: casesInRun });

describe('the final state in Odoo', () => {
  it('depends only on which events came, not on their order, repetition or batches', async () => {
    await fc.assert(
      fc.asyncProperty(severalOf(eventCases), async (cases) => {
        for (const { shuffled, sorted } of await outcomesOf(cases, false)) {
          expect(sorted.history).not.toEqual([]);
          expect(shuffled).toEqual(sorted);
        }
      }),
      { numRuns: 60 / casesInRun },
    );
  }, 120_000);

  it('depends only on the events of webhooks and the log, even when the log has few details', async () => {
    await fc.assert(
      fc.asyncProperty(severalOf(loggedEventCases), async (cases) => {
        for (const { shuffled, sorted } of await outcomesOf(cases, false)) {
          expect(sorted.history).not.toEqual([]);
          expect(shuffled).toEqual(sorted);
        }
      }),
      { numRuns: 100 / casesInRun },
    );
  }, 120_000);

  it('depends only on the set of events , also for mails that are deleted on delivery', async () => {
    await fc.assert(
      fc.asyncProperty(severalOf(eventCases), async (cases) => {
        for (const { drawn, shuffled, sorted } of await outcomesOf(cases, true)) {
          expect(shuffled.history).toEqual(sorted.history);
          // A direct mail is deleted with its message, so a later bounce has nowhere to be shown.
          const mayBeGone = mayBeDeliveredToAll(drawn);
          if (drawn.kind !== 'direct' || !mayBeGone) {
            expect(shuffled.notifications).toEqual(sorted.notifications);
          }
          if (!mayBeGone && drawn.kind !== 'a mail each') expect(shuffled.mails).toEqual(sorted.mails);
        }
      }),
      { numRuns: 40 / casesInRun },
    );
  }, 120_000);
});
