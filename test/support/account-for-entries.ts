import { expect } from 'vitest';
import type { ListedEntry } from './inbox-listing.ts';
import { isUnreadable, type Webhook } from './mixed-events.ts';

/**
 * Expects of a finished inbox that every webhook is in it with all its elements, that each event was worked on
 * once and its repetitions known as such, and that only what nobody can read was parked.
 */
export function expectAllAccountedFor(entries: readonly ListedEntry[], webhooks: readonly Webhook[]): void {
  const tellsOf = new Map(
    webhooks.flatMap(({ id, tells }) =>
      tells.length === 1
        ? [[`${id} null`, tells[0]] as const]
        : tells.map((told, position) => [`${id} ${position}`, told] as const),
    ),
  );
  const keyOf = ({ webhook_id, position }: ListedEntry) => `${webhook_id} ${position}`;
  expect(entries.filter((entry) => !tellsOf.has(keyOf(entry)))).toEqual([]);
  const present = new Set(entries.map(keyOf));
  expect([...tellsOf.keys()].filter((key) => !present.has(key))).toEqual([]);

  const unreadable = new Set(webhooks.filter(isUnreadable).map(({ id }) => id));
  const readable = entries.filter(({ webhook_id }) => !unreadable.has(webhook_id));
  expect(readable.filter(({ state }) => state !== 'settled')).toEqual([]);
  expect(entries.filter(({ webhook_id }) => unreadable.has(webhook_id))).toSatisfy(
    (parked: ListedEntry[]) => parked.length > 0 && parked.every(({ state }) => state === 'parked'),
  );

  const workedOn = readable.filter(({ reason }) => !reason.startsWith('duplicate'));
  const events = workedOn.map((entry) => tellsOf.get(keyOf(entry)) ?? '').sort();
  const wanted = new Set(webhooks.filter((webhook) => !isUnreadable(webhook)).flatMap(({ tells }) => tells));
  expect(events).toEqual([...wanted].sort());
}
