import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DescribeBody } from '../../src/inbox/inbox.ts';
import { describeBody } from '../../src/sweego/describe-body.ts';
import { documentedEvents } from '../fixtures/outbound-events.ts';

/** The function has the type that the inbox requires. */
const describeAsInbox: DescribeBody = describeBody;

const event = { ...documentedEvents[1], timestamp: '2024-12-10T17:35:39+00:00' };
const describedOf = (value: unknown, requestKey = 'w1', kind: 'outbound' | 'inbound' = 'outbound') =>
  describeAsInbox({ kind, requestKey, body: Buffer.from(JSON.stringify(value)) });
const keysOf = (...args: Parameters<typeof describedOf>): readonly string[] => {
  const described = describedOf(...args);
  if (described.kind === 'unreadable') throw new Error(described.reason);
  return described.elements.flatMap(({ keys }) => keys);
};
const shareAKey = (one: readonly string[], other: readonly string[]) =>
  one.some((key) => other.includes(key));

describe('a repetition is recognised by its keys', () => {
  it('when the same request is delivered again', () => {
    expect(shareAKey(keysOf(event, 'w1'), keysOf(event, 'w1'))).toBe(true);
    expect(shareAKey(keysOf('unknown', 'w1'), keysOf('unknown', 'w1'))).toBe(true);
  });

  it('when the same event has a new webhook-id', () => {
    const moved = { event_id: documentedEvents[1]?.['event_id'], event_type: 'delivered' };
    expect(shareAKey(keysOf(event, 'w1'), keysOf(moved, 'w2'))).toBe(true);
  });

  it('when the same event has new ids, another time format and another spelling', () => {
    const bounce = { ...event, event_type: 'soft-bounce' };
    const again = { ...bounce, event_id: 'new', event_type: 'soft_bounce', timestamp: '2024-12-10T17:35:39' };
    expect(shareAKey(keysOf(bounce, 'w1'), keysOf(again, 'w2'))).toBe(true);
  });

  it.each([
    ['another type of event', { event_id: 'e2', event_type: 'email_opened' }],
    ['another recipient', { event_id: 'e2', swg_uid: '01-other' }],
    ['another time', { event_id: 'e2', timestamp: '2024-12-10T17:35:40+00:00' }],
  ])('and %s of the same mail shares no key', (_, changes) => {
    expect(shareAKey(keysOf(event, 'w1'), keysOf({ ...event, ...changes }, 'w2'))).toBe(false);
  });

  it('the same event on the other endpoint is not a repetition', () => {
    expect(shareAKey(keysOf(event, 'w1', 'outbound'), keysOf(event, 'w1', 'inbound'))).toBe(false);
  });

  it('events without ids and time have only the key of their request', () => {
    expect(keysOf({ event_type: 'delivered', event_id: '', swg_uid: null })).toHaveLength(1);
    expect(shareAKey(keysOf({}, 'w1'), keysOf({}, 'w2'))).toBe(false);
  });

  it('a key stays short even when the ids are long', () => {
    const long = { ...event, event_id: 'x'.repeat(10_000) };
    expect(Math.max(...keysOf(long).map((key) => key.length))).toBeLessThanOrEqual(200);
    expect(shareAKey(keysOf(long, 'w1'), keysOf({ ...long, swg_uid: '01-other' }, 'w2'))).toBe(true);
  });
});

describe('a list', () => {
  it('of a hundred events, one of them malformed, gives a hundred entries in order', () => {
    const list = Array.from({ length: 100 }, (_, index) =>
      index === 41 ? 42 : { ...event, event_id: `e${index}`, swg_uid: `01-${index}` },
    );
    const described = describedOf(list);
    if (described.kind === 'unreadable') throw new Error(described.reason);
    expect(described.isArray).toBe(true);
    expect(described.elements.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as unknown)).toEqual(
      list,
    );
    const keys = described.elements.flatMap((element) => element.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each([
    ['empty', '[]'],
    ['too long to be events', `[${'1,'.repeat(10_000)}1]`],
    ['nested too deeply', `[${'['.repeat(200_000)}${']'.repeat(200_000)}]`],
  ])('that is %s is parked as a whole', (_, body) => {
    const described = describeAsInbox({ kind: 'outbound', requestKey: 'w1', body: Buffer.from(body) });
    expect(described).toMatchObject({ kind: 'unreadable' });
    expect(described).toEqual({
      kind: 'unreadable',
      code: 'SWEEGO_BODY_UNREADABLE',
      reason: expect.stringMatching(/^the body /) as string,
    });
  });
});

describe('any other body', () => {
  it('is one entry with exactly the received bytes', () => {
    const body = Buffer.from('\uFEFF {"a" : 1.0, "a": 2, "b": "\\u00e9"}\n');
    const described = describeAsInbox({ kind: 'outbound', requestKey: 'w1', body });
    expect(described).toMatchObject({ kind: 'elements', isArray: false });
    expect(described.kind === 'elements' && described.elements.map((element) => element.body)).toEqual([
      body,
    ]);
  });

  it('is described without an error', () => {
    const bodies = fc.oneof(
      fc.uint8Array(),
      fc.json().map((json) => Buffer.from(json)),
    );
    fc.assert(
      fc.property(bodies, fc.string(), (body, requestKey) => {
        const described = describeAsInbox({ kind: 'inbound', requestKey, body });
        if (described.kind === 'elements') expect(described.elements.length).toBeGreaterThan(0);
        else expect(described.reason).not.toBe('');
      }),
    );
  });

  it('that is not JSON is parked without a quotation of it', () => {
    const described = describeAsInbox({
      kind: 'outbound',
      requestKey: 'w1',
      body: Buffer.from('hello@example.com'),
    });
    expect(described).toEqual({
      kind: 'unreadable',
      code: 'SWEEGO_BODY_UNREADABLE',
      reason: 'the body is not JSON',
    });
  });
});
