import type { BridgeError } from '../../errors.ts';
import type { Entry, EntryKind, Outcome, ParkReason } from '../../inbox/inbox.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';

export type EntryResults = ReadonlyMap<number, EntryResult>;

/** What a lane gets for one batch. */
export type LaneContext = {
  settings: BridgeSettings;
  /** To be called before each write to Odoo. @throws BridgeError INBOX_LEASE_LOST */
  requireLease: () => void;
  /** Aborted when the worker stops: what can be taken up again later is broken off. */
  signal: AbortSignal;
};

/** One kind of entries and what is done with them. Lanes work beside each other: a slow one holds up no other. */
export type Lane = {
  /** No two lanes share one. */
  kinds: readonly EntryKind[];
  /** Entries claimed at once while all goes well. */
  mostEntries: number;
  /**
   * Every entry gets a result.
   *
   * @throws BridgeError of another scope than `entry`, with nothing said about the entries
   */
  work(entries: readonly Entry[], context: LaneContext): Promise<EntryResults>;
  /**
   * What else follows from results, before they are written down.
   *
   * @throws BridgeError of another scope than `entry`, with nothing said about the entries
   */
  conclude(entries: readonly Entry[], results: EntryResults, context: LaneContext): Promise<EntryResults>;
};

/** Names the lane in the log. */
export function nameOf({ kinds }: Pick<Lane, 'kinds'>): string {
  return kinds.join(' ');
}

/** What became of an entry in this round. */
export type EntryResult =
  | { kind: 'settle'; outcome: Outcome }
  /** Odoo does not show the message (yet). */
  | { kind: 'unknown_message' }
  /** Odoo is sending a mail of the message, or the message moved while it was decided on. */
  | { kind: 'busy'; reason: string }
  /** For something that is normal and passes within this time. */
  | { kind: 'wait'; delayMs: number; reason: string }
  | { kind: 'failed'; error: BridgeError }
  /** `isQuiet`: another entry's alert tells of it. */
  | ParkResult;

export type ParkResult = ParkReason & { kind: 'park'; isQuiet?: true };

/** An error that repeating cannot mend: the entry waits for a human. */
export function parkedBy({ code, message }: BridgeError): ParkResult {
  return { kind: 'park', code, reason: message };
}
