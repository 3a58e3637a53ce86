import { createHash } from 'node:crypto';
import { termsOf } from './body-terms.ts';
import { readJson } from './json-body.ts';
import { normaliseEventType } from './outbound-event.ts';
import { findInstant } from './timestamp.ts';

/** Real events in a body within the size limit are always fewer. */
const mostElements = 10_000;

/** Longer keys are stored as their SHA-256. */
const longestKey = 200;

type UnreadableBody = { kind: 'unreadable'; code: 'SWEEGO_BODY_UNREADABLE'; reason: string };

/**
 * Splits a stored body into its events, in order. Each has keys, by which a repetition is recognised, and search terms
 * (body-terms.ts). Implements the inbox's `DescribeBody`.
 *
 * There are up to three keys, because Sweego does not document which ids a repeated delivery keeps:
 * - the request's key, with the position for a list element that has no `event_id`;
 * - the event's `event_id`;
 * - its content (swg_uid, type, instant), which recognises an event that is sent again under new ids.
 *
 * Different events of one mail share no key. Each key holds the kind, so that an event on the wrong endpoint does not
 * make the right delivery look like a repetition.
 *
 * A body is one event or a list of events. Elements that are not events are kept: each is parked alone when it is read.
 * Never throws.
 */
export function describeBody(request: {
  kind: 'outbound' | 'inbound' | 'log';
  requestKey: string;
  body: Uint8Array;
}):
  | { kind: 'elements'; isArray: boolean; elements: { body: Uint8Array; keys: string[]; terms: string[] }[] }
  | UnreadableBody {
  const json = readJson(request.body);
  if (json === undefined) return unreadable('the body is not JSON');
  const { value } = json;
  const namesOf = (body: Uint8Array, element: unknown, position: number | null) => ({
    body,
    keys: keysOf(request, element, position),
    terms: termsOf(request.kind, element),
  });
  if (!Array.isArray(value)) {
    return { kind: 'elements', isArray: false, elements: [namesOf(request.body, value, null)] };
  }
  if (value.length === 0) return unreadable('the body is an empty list');
  if (value.length > mostElements) {
    return unreadable(`the body lists more than ${mostElements} events`);
  }
  const elements = value.map((element: unknown, position) => {
    const body = textOf(element);
    return body === undefined ? undefined : namesOf(body, element, position);
  });
  if (elements.includes(undefined)) return unreadable('the body is nested too deep');
  return { kind: 'elements', isArray: true, elements: elements.filter((element) => element !== undefined) };
}

function unreadable(reason: string): UnreadableBody {
  return { kind: 'unreadable', code: 'SWEEGO_BODY_UNREADABLE', reason };
}

function textOf(element: unknown): Uint8Array | undefined {
  try {
    return Buffer.from(JSON.stringify(element), 'utf8');
  } catch {
    // The element was parsed from JSON, so this can only be a stack overflow.
    return undefined;
  }
}

function keysOf(
  request: { kind: string; requestKey: string },
  element: unknown,
  position: number | null,
): string[] {
  const { kind } = request;
  const { event_id, swg_uid, event_type, timestamp } =
    typeof element === 'object' && element !== null ? (element as Record<string, unknown>) : {};
  const keys: string[] = [];
  if (isFilled(event_id)) keys.push(key(kind, 'event', event_id));
  // A list that is sent again under the same key may hold its events at other positions.
  if (position === null) keys.push(key(kind, 'request', request.requestKey));
  else if (!isFilled(event_id)) keys.push(key(kind, 'request', request.requestKey, position));
  if (isFilled(swg_uid) && isFilled(event_type) && isFilled(timestamp)) {
    const instant = findInstant(timestamp)?.toISOString() ?? timestamp;
    keys.push(key(kind, 'content', swg_uid, normaliseEventType(event_type), instant));
  }
  return keys;
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function key(...parts: readonly (string | number)[]): string {
  const text = JSON.stringify(parts);
  return text.length <= longestKey ? text : `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
