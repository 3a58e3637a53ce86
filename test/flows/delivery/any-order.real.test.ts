import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendHttpRequest } from '../../../src/http-client.ts';
import { createBridgeActions } from '../../../src/odoo/bridge-actions.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import type { Odoo } from '../../../src/odoo/odoo.ts';
import { openEventBridge } from '../../support/bridge/event-bridge.ts';
import type { EventBridge } from '../../support/bridge/event-bridge.ts';
import { eventBody, eventCases, sortedBatch } from '../../support/mails/event-cases.ts';
import type { Delivery, EventCase } from '../../support/mails/event-cases.ts';
import { createMessageMaker } from '../../support/odoo/marked-messages.ts';
import type { MessageMaker } from '../../support/odoo/marked-messages.ts';
import { readOutcomes } from '../../support/odoo/message-outcomes.ts';
import type { MarkedMessage } from '../../support/odoo/message-outcomes.ts';
import { openRealDatabase } from '../../support/odoo/real-odoo.ts';
import type { ProvisionedDatabase } from '../../support/odoo/real-odoo.ts';

let odoo: ProvisionedDatabase;
let admin: Odoo;
let user: Odoo;
let bridge: EventBridge;
let make: MessageMaker;

beforeAll(async () => {
  odoo = await openRealDatabase({ template: 'provisioned' });
  const { url, database } = odoo;
  const connect = (secret: string) =>
    createOdoo('json2', { url, database, secret, timeoutMs: 60_000 }, sendHttpRequest);
  admin = connect(odoo.adminApiKey);
  user = connect(odoo.bridgeApiKey);
  bridge = await openEventBridge(createBridgeActions(user));
  make = await createMessageMaker(admin);
});
afterAll(async () => {
  await bridge.close();
  await admin.close();
  await user.close();
  await odoo.close();
});

type Twins = { drawn: EventCase; one: MarkedMessage; other: MarkedMessage };

/** Two messages for each case: one for the events as drawn, one for comparison. */
async function makeTwins(cases: readonly EventCase[]): Promise<Twins[]> {
  const wanted = cases.map(({ kind, recipients }) => ({ kind, recipients, isDeletionRequested: false }));
  const ones = await make(wanted);
  const others = await make(wanted);
  return cases.map((drawn, index) => ({
    drawn,
    one: ones[index] as MarkedMessage,
    other: others[index] as MarkedMessage,
  }));
}

let unique = 0;

function bodiesOf(drawn: EventCase, message: MarkedMessage, batch: readonly Delivery[]): string[] {
  return batch.flatMap((delivery) => {
    unique += 1;
    const event = drawn.events[delivery.event];
    return event === undefined ? [] : [eventBody(event, delivery, message, String(unique))];
  });
}

async function expectAlike(twins: readonly Twins[]): Promise<void> {
  const ones = await readOutcomes(
    admin,
    twins.map(({ one }) => one),
  );
  const others = await readOutcomes(
    admin,
    twins.map(({ other }) => other),
  );
  expect(ones.every(({ history }) => history.length > 0)).toBe(true);
  expect(ones).toEqual(others);
}

describe('on a real Odoo', () => {
  it('the final state depends only on the set of events', async () => {
    const twins = await makeTwins(fc.sample(eventCases, { numRuns: 30, seed: 20_261_101 }));
    const rounds = Math.max(...twins.map(({ drawn }) => drawn.batches.length));
    for (let round = 0; round < rounds; round += 1) {
      await bridge.put(twins.flatMap(({ drawn, one }) => bodiesOf(drawn, one, drawn.batches[round] ?? [])));
      await bridge.drained(60_000);
    }
    await bridge.put(twins.flatMap(({ drawn, other }) => bodiesOf(drawn, other, sortedBatch(drawn))));
    await bridge.drained(60_000);
    await expectAlike(twins);
  });

  it('500 mixed events of 200 messages at once give the same result as one by one', async () => {
    const drawn = fc.sample(eventCases, { numRuns: 200, seed: 20_261_102 });
    const twins = await makeTwins(drawn.map((each) => ({ ...each, events: each.events.slice(0, 3) })));
    const all = twins.flatMap(({ drawn: each, one, other }) =>
      sortedBatch(each).map((delivery) => ({
        together: bodiesOf(each, one, [delivery]),
        alone: bodiesOf(each, other, [delivery]),
      })),
    );
    expect(all.length).toBeGreaterThan(500);
    await bridge.put(all.flatMap(({ together }) => together));
    await bridge.drained(120_000);
    for (const { alone } of all) {
      await bridge.put(alone);
      await bridge.drained(60_000);
    }
    await expectAlike(twins);
  }, 300_000);
});
