import { expect } from 'vitest';
import { isUnreadable } from '../mails/mixed-events.ts';
import type { Webhook } from '../mails/mixed-events.ts';
import type { ComparableOutcomes } from '../odoo/comparable-outcomes.ts';
import type { ListedEntry } from './inbox-listing.ts';

/**
 * Expects of a finished inbox that every webhook is in it with all its elements, that each event was worked on
 * once and its repetitions known as such, and that only what nobody can read was parked.
 */
export function expectAllAccountedFor(entries: readonly ListedEntry[], webhooks: readonly Webhook[]): void {
  const tellsOf = new Map<string, string>();
  for (const { id, tells } of webhooks) {
    const isList = tells.length > 1;
    tells.forEach((told, position) => tellsOf.set(`${id} ${isList ? position : 'null'}`, told));
  }
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

  const workedOn = readable.filter(({ outcome }) => outcome !== 'duplicate');
  const events = workedOn.map((entry) => tellsOf.get(keyOf(entry)) ?? '').sort();
  const wanted = new Set(webhooks.filter((webhook) => !isUnreadable(webhook)).flatMap(({ tells }) => tells));
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
