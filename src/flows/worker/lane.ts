import type { BridgeError } from '../../errors.ts';
import type { Entry, EntryKind, Outcome, ParkReason } from '../../inbox/inbox.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';

export type EntryResults = ReadonlyMap<number, EntryResult>;

/** What a lane receives with each batch. */
export type LaneContext = {
  settings: BridgeSettings;
  /** Call it before each write to Odoo. @throws BridgeError INBOX_LEASE_LOST */
  requireLease: () => void;
  /** Aborted when the worker stops: work that can be resumed later is cancelled. */
  signal: AbortSignal;
};

/** One kind of entries and how they are handled. Lanes run side by side: a slow lane does not delay another one. */
export type Lane = {
  /** Each kind belongs to one lane only. */
  kinds: readonly EntryKind[];
  /** Entries claimed at once while nothing fails. */
  mostEntries: number;
  /**
   * Gives every entry a result.
   *
   * @throws BridgeError of another scope than `entry`: no entry has a result
   */
  work(entries: readonly Entry[], context: LaneContext): Promise<EntryResults>;
  /**
   * Does what else follows from the results, before they are recorded.
   *
   * @throws BridgeError of another scope than `entry`: no result may be recorded
   */
  conclude(entries: readonly Entry[], results: EntryResults, context: LaneContext): Promise<EntryResults>;
};

/** Names the lane in the log. */
export function nameOf({ kinds }: Pick<Lane, 'kinds'>): string {
  return kinds.join(' ');
}

/** The result of one attempt at an entry. */
export type EntryResult =
  | { kind: 'settle'; outcome: Outcome }
  /** Odoo does not show the message, or not yet. */
  | { kind: 'unknown_message' }
  /** Odoo is sending a mail of the message, or the message changed between reading and writing. */
  | { kind: 'busy'; reason: string }
  /** A normal delay: the cause is expected to be gone after this time. */
  | { kind: 'wait'; delayMs: number; reason: string }
  | { kind: 'failed'; error: BridgeError }
  /** `isQuiet`: another entry's alert already reports it. */
  | ParkResult;

type ParkResult = ParkReason & { kind: 'park'; isQuiet?: true };

/** For an error that repeating cannot fix: the entry waits for a person. */
export function parkedBy({ code, message }: BridgeError): ParkResult {
  return { kind: 'park', code, reason: message };
}
