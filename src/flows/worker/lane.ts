import type { Direction, Entry } from '../../inbox/inbox.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import type { EntryResult } from '../delivery/decide-events.ts';

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
  directions: readonly Direction[];
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
