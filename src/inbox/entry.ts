import type { ErrorCode } from '../errors.ts';

/** Where an entry comes from. Reconciliation makes `log` entries from Sweego's log. */
export type EntryKind = 'outbound' | 'inbound' | 'log';

/** `received` and `waiting` entries are claimed when they are due. */
export type EntryState = 'received' | 'claimed' | 'waiting' | 'settled' | 'parked';

/** Why an entry waits or is parked, as a code that docs/errors.md explains. */
export type EntryCode = ErrorCode;

/** What a worker reports of an entry that has ended: nothing more will be done with it. */
export type Outcome =
  | { outcome: 'applied' }
  | { outcome: 'duplicate' }
  | { outcome: 'superseded' }
  /** Where and why; ids only, no address, subject or body. */
  | { outcome: 'injected'; reason: string }
  | { outcome: 'ignored'; reason: string };

/** How an entry has ended. Only operators discard. */
export type EntryOutcome = Outcome['outcome'] | 'discarded';

/** Why an entry is set aside for a human. The text holds no address, subject or body. */
export type ParkReason = { code: EntryCode; reason: string };

/** Why an entry waits: a code, a short text, or both. The text holds no address, subject or body. */
export type WaitReason = { code: EntryCode; reason?: string } | { reason: string };

/** One event or reply to be worked on: a whole request, or one element of a request whose body is an array. */
export type Entry = {
  id: number;
  requestId: number;
  /** Position in the request's array body; `null` when the body is a single object. */
  position: number | null;
  kind: EntryKind;
  secretId: string;
  receivedAt: Date;
  state: EntryState;
  /** How often this entry itself failed (scope `entry`). Waiting for Odoo or for a commit does not count. */
  attempts: number;
  /** How often it waited for something normal that passes; the next delay is computed from it. */
  waits: number;
  /** Whether an operator, or a reconciliation, has made it due again. */
  isReplayed: boolean;
  /** The document that the last replay named, such as `sale.order,23`; `null` when it named none. */
  target: string | null;
  /** The entry's own JSON text as UTF-8 bytes: the raw body, or one element of it. */
  body: Uint8Array;
};

export type EntrySummary = Omit<Entry, 'body'> & {
  requestKey: string;
  /** When it will be claimed at the earliest (`received`, `waiting`); `null` otherwise. */
  dueAt: Date | null;
  /** How it has ended (`settled`); `null` otherwise. Erasing the body afterwards does not change it. */
  outcome: EntryOutcome | null;
  /** Why it waits or is parked, where that has a code; `null` otherwise. */
  code: EntryCode | null;
  /** The reason of the last transition. */
  reason: string;
  /** Body and attachments are gone (retention, `erase`), so that it cannot be replayed. */
  isErased: boolean;
};

/** A step of an entry's history. */
export type Transition = {
  at: Date;
  /** State, outcome and code that the entry has had since. */
  state: EntryState;
  outcome: EntryOutcome | null;
  code: EntryCode | null;
  /** The document that this replay named. */
  target: string | null;
  /**
   * One line for people, never to be parsed: outcome, code or target, and what there is to say beside it. It holds no
   * address, subject or body.
   */
  reason: string;
};

/** Each part narrows the selection; a part that is left out filters nothing. */
export type EntryFilter = {
  states?: readonly EntryState[];
  kinds?: readonly EntryKind[];
  /** Received before this instant. */
  receivedBefore?: Date;
  /** Received at or after this instant. */
  receivedSince?: Date;
  /** Only entries that have all of these terms (`DescribedElement.terms`). */
  terms?: readonly string[];
  limit?: number;
};

/** What became of one entry that an operator wanted to replay, discard or erase. */
export type EntryChange = 'done' | 'unknown' | 'claimed' | 'settled' | 'erased';
