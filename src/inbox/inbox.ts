/** Where an entry came from. `log` entries are made by reconciliation from Sweego's logs. */
export type Direction = 'outbound' | 'inbound' | 'log';

/** A verified webhook request, exactly as it arrived. */
export type NewRequest = {
  direction: Direction;
  /** `webhook-id` header; identifies the request, not the event. */
  webhookId: string;
  /** The raw signed bytes. */
  body: Uint8Array;
  receivedAt: Date;
  /** Which secret verified it, for example `server:3:outbound` or `environment:1`. Never the secret. */
  secretId: string;
};

/** What an entry is at. `received` and `waiting` entries are claimed when they are due. */
export type EntryState = 'received' | 'claimed' | 'waiting' | 'settled' | 'parked';

/** One event or reply to be worked on: a whole request, or one element of a request whose body is an array. */
export type Entry = {
  id: number;
  requestId: number;
  /** Position in the request's array body; `null` when the body is a single object. */
  position: number | null;
  direction: Direction;
  secretId: string;
  receivedAt: Date;
  state: EntryState;
  /** How often this entry itself failed (scope `entry`); waiting for Odoo or for a commit does not count. */
  attempts: number;
  /** How often it waited for something that is normal and passes: what that back-off is computed from. */
  waits: number;
  /** The entry's own JSON text as UTF-8 bytes: the raw body, or the one element of it. */
  body: Uint8Array;
};

/** How an entry ended: nothing more will be done with it. */
export type Outcome =
  | { outcome: 'applied' }
  | { outcome: 'duplicate' }
  | { outcome: 'superseded' }
  | { outcome: 'injected' }
  | { outcome: 'ignored'; reason: string };

/** What a claim needs to know of a body; told by whoever knows Sweego's wire (the inbox does not). */
export type DescribedBody =
  /**
   * The elements of the body in order, each with its de-duplication keys (may be none).
   *
   * A key names one event for ever, over all directions: entries that share a single key are one event, and
   * only the first is ever handed out. So a key made from the webhook-id carries the element's position too
   * (the elements of an array share the webhook-id), and no key is made from an empty or missing value.
   */
  | { kind: 'elements'; isArray: boolean; elements: readonly { body: Uint8Array; keys: readonly string[] }[] }
  /** Signed bytes that are not JSON: parked whole, with this reason (no address, subject or body). */
  | { kind: 'unreadable'; reason: string };

/**
 * Pure and quick: it runs inside the claim's transaction. When it throws, the request is parked with
 * INBOX_DESCRIBE_FAILED, and those behind it go on.
 */
export type DescribeBody = (request: {
  direction: Direction;
  webhookId: string;
  body: Uint8Array;
}) => DescribedBody;

export type Transition = {
  at: Date;
  state: EntryState;
  /** Outcome, or why it waits or is parked (a code with a short text; no address, subject or body). */
  reason: string;
};

export type EntrySummary = Omit<Entry, 'body'> & {
  webhookId: string;
  /** When it will be looked at again (`received`, `waiting`); `null` otherwise. */
  dueAt: Date | null;
  /** The last transition's reason. */
  reason: string;
};

export type EntryFilter = {
  states?: readonly EntryState[];
  directions?: readonly Direction[];
  limit?: number;
};

export type InboxStatus = {
  /** Requests stored but not yet split into entries; not counted in `states`. */
  unclaimed: number;
  states: Readonly<Record<EntryState, number>>;
  /** When the first to arrive of all that is neither settled nor parked was received, unclaimed ones included. */
  oldestOpenAt: Date | null;
};

/**
 * What must not be lost. A request is on disk when `put` resolves; an entry leaves only by `settle` or
 * `park`. The same suite runs on every engine.
 *
 * Every method rejects with a BridgeError: INBOX_WRITE_FAILED (disk full, read-only, locked; nothing was
 * changed, and the same call works again when the disk does), INBOX_READ_FAILED, INBOX_CORRUPT,
 * INBOX_CLOSED.
 */
export type Inbox = {
  /**
   * Appends a request. Resolves only after it is durable (fsync); concurrent calls share one commit, and
   * are refused together when it fails.
   */
  put(request: NewRequest): Promise<{ requestId: number }>;

  /**
   * Splits new requests into entries (each element of an array is one), settles duplicates by their keys
   * as `duplicate of <entry id>`, parks what is unreadable, and hands out due entries of the given
   * directions, longest due first, as `claimed`. A request is split and its entries handed out in one
   * transaction. Entries of other directions are split and kept as `received`.
   *
   * May return fewer than `limit` while more are due, because it bounds the bytes it hands out; an empty
   * result means that nothing is due.
   */
  claim(options: {
    directions: readonly Direction[];
    limit: number;
    now: Date;
    describe: DescribeBody;
  }): Promise<Entry[]>;

  /**
   * Ends claimed entries.
   *
   * @throws BridgeError INBOX_NOT_CLAIMED when some are not claimed (any more): those stay as they are,
   *   the others are settled. So do `wait` and `park`.
   */
  settle(ids: readonly number[], outcome: Outcome, now: Date): Promise<void>;

  /**
   * Puts claimed entries back until `until`. What is counted decides how long the next wait is:
   * `attempt` for a failure of the entry itself (scope `entry`), `wait` for something that is normal and
   * passes, `nothing` when Odoo as a whole is at fault, so that an outage brings no entry nearer to its end.
   */
  wait(
    ids: readonly number[],
    options: { until: Date; reason: string; counts: 'attempt' | 'wait' | 'nothing'; now: Date },
  ): Promise<void>;

  /** Sets claimed entries aside for a human, with a code and a short text. */
  park(ids: readonly number[], reason: string, now: Date): Promise<void>;

  /**
   * Gives back what a dead worker had claimed, due at once. Called once by the worker that now holds the
   * lease. Returns how many.
   */
  releaseClaimed(now: Date): Promise<number>;

  /** Entries by filter, newest first (100 unless told). */
  list(filter: EntryFilter): Promise<EntrySummary[]>;

  /** One entry with its body, or undefined when it does not exist. */
  find(id: number): Promise<(EntrySummary & { body: Uint8Array }) | undefined>;

  /**
   * Every transition of an entry, oldest first. The first is `received`, with the reason `split(n)` when
   * the request was an array of n elements. Empty when the entry does not exist.
   */
  history(id: number): Promise<Transition[]>;

  status(): Promise<InboxStatus>;

  /** Takes or renews the single-writer lease; false while somebody else holds an unexpired one. */
  holdLease(options: { name: string; holder: string; ttlMs: number; now: Date }): Promise<boolean>;
  releaseLease(options: { name: string; holder: string }): Promise<void>;

  /**
   * Called after each commit of puts of this process, so that a worker in it need not poll. Returns the
   * unsubscriber. Puts of other processes are not told: poll too.
   */
  onPut(listener: () => void): () => void;

  /** Finishes the puts under way, then closes. May be called twice; everything else fails afterwards. */
  close(): Promise<void>;
};
