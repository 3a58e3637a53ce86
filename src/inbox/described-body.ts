import type { EntryCode, EntryKind } from './entry.ts';

/** One element of a body. */
export type DescribedElement = {
  body: Uint8Array;
  /** De-duplication keys; may be none. */
  keys: readonly string[];
  /**
   * Terms by which operators look entries up and erase a person's data: `address:` with a normalised address,
   * `message-id:` with a Message-Id, `swg-uid:` with Sweego's id of a reply. Only a hash of each is stored.
   */
  terms: readonly string[];
};

/** What a claim needs to know of a body. The inbox itself does not know Sweego's formats. */
export type DescribedBody =
  /**
   * The elements of the body in order.
   *
   * A key names one event for ever, over all kinds of entries: entries that share a single key are one event, and only
   * the first is handed out. So a key made from the request key must carry the element's position too (the elements
   * of an array share the request key), and an empty or missing value makes no key.
   */
  | { kind: 'elements'; isArray: boolean; elements: readonly DescribedElement[] }
  /** Signed bytes that are not JSON: parked whole, for this reason (no address, subject or body). */
  | { kind: 'unreadable'; code: EntryCode; reason: string };

/**
 * Pure and quick, because it runs inside the claim's transaction. When it throws, the request is parked with
 * INBOX_DESCRIBE_FAILED, and the requests behind it are split all the same.
 */
export type DescribeBody = (request: {
  kind: EntryKind;
  requestKey: string;
  body: Uint8Array;
}) => DescribedBody;
