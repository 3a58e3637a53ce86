import type { DescribeBody, EntryKind, NewRequest, ParkReason } from '../../../src/inbox/inbox.ts';

/** The instant tests start at; `after(90)` is a minute and a half later. */
const start = Date.parse('2026-03-02T08:00:00.000Z');

export function after(seconds: number): Date {
  return new Date(start + seconds * 1000);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytesOfText(text: string): Uint8Array {
  return encoder.encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export const allKinds: readonly EntryKind[] = ['outbound', 'inbound', 'log'];

/** Why tests park an entry; its reason is then `EVENT_UNMATCHED: for a human`. */
export const parkReason: ParkReason = { code: 'EVENT_UNMATCHED', reason: 'for a human' };

/** The content of a file in these pieces. */
export async function* contentOf(...pieces: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* pieces;
}

/** A request with this body: JSON of whatever is given, or the bytes themselves. */
export function requestOf(
  body: unknown,
  options: { requestKey?: string; kind?: EntryKind; receivedAt?: Date; secretId?: string } = {},
): NewRequest {
  return {
    kind: options.kind ?? 'outbound',
    requestKey: options.requestKey ?? 'webhook-1',
    body: body instanceof Uint8Array ? body : bytesOfText(JSON.stringify(body)),
    receivedAt: options.receivedAt ?? after(0),
    secretId: options.secretId ?? 'environment:1',
  };
}

/**
 * Describes bodies of the shape `{"keys": ["…"], "terms": ["…"]}` or arrays of it: keys and terms are what
 * the body says they are.
 * A body that is not JSON is unreadable; `{"explode": true}` makes it throw.
 */
export const describeTestBody: DescribeBody = ({ body }) => {
  let value: unknown;
  try {
    value = JSON.parse(textOf(body));
  } catch {
    return { kind: 'unreadable', code: 'SWEEGO_BODY_UNREADABLE', reason: 'not JSON' };
  }
  const elements = (Array.isArray(value) ? value : [value]).map((element: unknown) => ({
    body: bytesOfText(JSON.stringify(element)),
    ...namesOf(element),
  }));
  return { kind: 'elements', isArray: Array.isArray(value), elements };
};

function namesOf(element: unknown): { keys: string[]; terms: string[] } {
  const { keys, terms, explode } = (element ?? {}) as {
    keys?: string[];
    terms?: string[];
    explode?: boolean;
  };
  if (explode === true) throw new TypeError('customer@example.com does not belong into a reason');
  return { keys: keys ?? [], terms: terms ?? [] };
}
