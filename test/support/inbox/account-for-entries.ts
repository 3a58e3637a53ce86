import { expect } from 'vitest';
import { isUnreadable } from '../mails/mixed-events.ts';
import type { Webhook } from '../mails/mixed-events.ts';
import type { ComparableOutcomes } from '../odoo/comparable-outcomes.ts';
import type { ListedEntry } from './inbox-listing.ts';

/**
 * Expects that a finished inbox holds every webhook with all its elements, that each event was worked on once,
 * that its repetitions are marked as duplicates, and that only unreadable webhooks are parked.
 */
export function expectAllAccountedFor(entries: readonly ListedEntry[], webhooks: readonly Webhook[]): void {
  const eventNameOf = new Map<string, string>();
  for (const { id, eventNames } of webhooks) {
    const isList = eventNames.length > 1;
    eventNames.forEach((name, position) => eventNameOf.set(`${id} ${isList ? position : 'null'}`, name));
  }
  const keyOf = ({ webhook_id, position }: ListedEntry) => `${webhook_id} ${position}`;
  expect(entries.filter((entry) => !eventNameOf.has(keyOf(entry)))).toEqual([]);
  const present = new Set(entries.map(keyOf));
  expect([...eventNameOf.keys()].filter((key) => !present.has(key))).toEqual([]);

  const unreadable = new Set(webhooks.filter(isUnreadable).map(({ id }) => id));
  const readable = entries.filter(({ webhook_id }) => !unreadable.has(webhook_id));
  expect(readable.filter(({ state }) => state !== 'settled')).toEqual([]);
  expect(entries.filter(({ webhook_id }) => unreadable.has(webhook_id))).toSatisfy(
    (parked: ListedEntry[]) => parked.length > 0 && parked.every(({ state }) => state === 'parked'),
  );

  const workedOn = readable.filter(({ outcome }) => outcome !== 'duplicate');
  const events = workedOn.map((entry) => eventNameOf.get(keyOf(entry)) ?? '').sort();
  const wanted = new Set(
    webhooks.filter((webhook) => !isUnreadable(webhook)).flatMap(({ eventNames }) => eventNames),
  );
  expect(events).toEqual([...wanted].sort());
}

/** Expects that no event is in Odoo's history twice. */
export function expectNothingTwice({ messages }: ComparableOutcomes): void {
  const rows = messages.flatMap(({ history }, message) =>
    history.map((row) => JSON.stringify([message, row['x_swg_uid'], row['x_type'], row['x_at']])),
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter((row, index) => rows.indexOf(row) !== index)).toEqual([]);
}
