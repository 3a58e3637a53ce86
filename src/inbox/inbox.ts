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
  /** What the operator decided who replayed it last: `replayed`, or `replayed to` a target; `null` before that. */
  instruction: string | null;
  /** The entry's own JSON text as UTF-8 bytes: the raw body, or the one element of it. */
  body: Uint8Array;
};

/** How an entry ended: nothing more will be done with it. */
export type Outcome =
  | { outcome: 'applied' }
  | { outcome: 'duplicate' }
  | { outcome: 'superseded' }
  /** Where and why; ids only, no address, subject or body. */
  | { outcome: 'injected'; reason: string }
  | { outcome: 'ignored'; reason: string };

/** One element of a body. */
export type DescribedElement = {
  body: Uint8Array;
  /** De-duplication keys; may be none. */
  keys: readonly string[];
  /**
   * What an operator may look the entry up by, and a person's data be erased by: `address:` with a normalised
   * address, `message-id:` with a Message-Id, `swg-uid:` with Sweego's id of a reply. Only a hash of each is stored.
   */
  terms: readonly string[];
};

/** What a claim needs to know of a body; told by whoever knows Sweego's wire (the inbox does not). */
export type DescribedBody =
  /**
   * The elements of the body in order.
   *
   * A key names one event for ever, over all directions: entries that share a single key are one event, and
   * only the first is ever handed out. So a key made from the webhook-id carries the element's position too
   * (the elements of an array share the webhook-id), and no key is made from an empty or missing value.
   */
  | { kind: 'elements'; isArray: boolean; elements: readonly DescribedElement[] }
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
  /** Body and attachments are gone (retention, `erase`): it cannot be replayed. */
  isErased: boolean;
};

export type EntryFilter = {
  states?: readonly EntryState[];
  directions?: readonly Direction[];
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

/** When a secret last verified a webhook, by its id (never the secret). */
export type SecretUse = { secretId: string; direction: Direction; lastUsedAt: Date; requests: number };

/** A file of an entry, such as an attachment. */
export type StoredFile = { name: string; sizeBytes: number; sha256: string };

export type InboxStatus = {
  /** Requests stored but not yet split into entries; not counted in `states`. */
  unclaimed: number;
  states: Readonly<Record<EntryState, number>>;
  /** When the first to arrive of all that is neither settled nor parked was received, unclaimed ones included. */
  oldestOpenAt: Date | null;
  /** Every secret that has verified a request looked at so far, the one used last first. */
  secrets: readonly SecretUse[];
};

/**
 * What must not be lost. A request is on disk when `put` resolves; an entry leaves the open states only by
 * `settle`, `park`, or an operator's `discard` or `erase`. The same suite runs on every engine.
 *
 * Several processes may open one inbox. Entries claimed by one opened inbox can be ended or put back by that
 * one only: a worker that stalled and lost its lease changes nothing any more.
 *
 * Every method rejects with a BridgeError: INBOX_WRITE_FAILED (disk full, read-only, locked, server gone;
 * nothing was changed, and the same call works again when the disk or server does), INBOX_READ_FAILED,
 * INBOX_CORRUPT, INBOX_CLOSED, INBOX_UNEXPECTED (a fault of the bridge itself).
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
   * transaction. Entries of other directions are split and kept as `received`. With `limit: 0` it only splits.
   *
   * May return fewer than `limit` while more are due, because it bounds the bytes it hands out; an empty
   * result means that nothing is due. An entry that was released twice after a crash is handed out alone.
   */
  claim(options: {
    directions: readonly Direction[];
    limit: number;
    now: Date;
    describe: DescribeBody;
  }): Promise<Entry[]>;

  /**
   * Ends entries that this inbox has claimed.
   *
   * @throws BridgeError INBOX_NOT_CLAIMED when some are not claimed by it (any more): those stay as they are,
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
   * Gives back every claimed entry of these directions, due at once: what a dead worker had claimed, and what
   * this inbox has claimed without saying what became of it. Called by the worker that holds the lease, while
   * it has no batch of these directions under way.
   *
   * Each release of another inbox's claim is counted, since an entry may be what ends the process. One that
   * has been released five times, the last ones handed out alone, is parked with INBOX_CRASHES_WORKER.
   */
  releaseClaimed(directions: readonly Direction[], now: Date): Promise<{ released: number; parked: number }>;

  /**
   * Brings every wait nearer by so many milliseconds: called when the clock turns out to have been set back,
   * since all waits would otherwise last that much longer.
   */
  shiftWaits(byMs: number): Promise<void>;

  /**
   * Makes entries due at once, whatever they are at: parked, waiting or settled; attempts, waits and releases
   * start from nothing again. The state becomes `received`, with the reason `replayed`, which is the entry's
   * `instruction` from then on. Never a claimed one (`claimed`), nor one without its body (`erased`). Resolves
   * with what became of each id, in order.
   *
   * @param target where the operator wants them: the instruction is `replayed to <target>` then
   */
  replay(ids: readonly number[], now: Date, target?: string): Promise<EntryChange[]>;

  /**
   * Settles entries that are open or parked as `discarded: <reason>`; never a claimed one (`claimed`) nor one
   * that has ended (`settled`).
   */
  discard(ids: readonly number[], reason: string, now: Date): Promise<EntryChange[]>;

  /**
   * Erases body, files and terms of entries, and of the whole request's body where it was an array. Open and
   * parked ones are settled as `discarded: erased`, and the history of the others tells `erased`. Never a
   * claimed one (`claimed`). What makes a repetition known is kept: it names no person.
   */
  erase(ids: readonly number[], now: Date): Promise<EntryChange[]>;

  /**
   * One bounded step of retention: erases bodies, files and terms of entries settled before
   * `bodiesSettledBefore`, and deletes entries settled before `entriesSettledBefore` with their history and
   * keys. Parked and open entries are kept whatever their age. Call it again until both counts are 0.
   *
   * @param limit how many entries a step touches at most of each kind
   */
  retain(options: {
    bodiesSettledBefore: Date;
    entriesSettledBefore: Date;
    limit: number;
  }): Promise<{ bodies: number; entries: number }>;

  /** Entries by filter, newest first (100 unless told). */
  list(filter: EntryFilter): Promise<EntrySummary[]>;

  /** One entry with its body (empty when erased), or undefined when it does not exist. */
  find(id: number): Promise<(EntrySummary & { body: Uint8Array }) | undefined>;

  /**
   * Every transition of an entry, oldest first. The first is `received`, with the reason `split(n)` when
   * the request was an array of n elements. Empty when the entry does not exist.
   */
  history(id: number): Promise<Transition[]>;

  /** Costs no more with a million entries than with ten. */
  status(): Promise<InboxStatus>;

  /**
   * Takes or renews the single-writer lease; false while somebody else keeps renewing it. It is somebody's
   * until he releases it, or until the one who asks has himself seen it unrenewed for `ttlMs`: clocks of two
   * machines are never compared.
   */
  holdLease(options: { name: string; holder: string; ttlMs: number; now: Date }): Promise<boolean>;
  releaseLease(options: { name: string; holder: string }): Promise<void>;

  /**
   * Keeps a file of an entry, durable when this resolves; a file of the same name is replaced. Content is
   * taken as it comes, so memory does not grow with the file. Gone with the entry's body.
   *
   * @throws BridgeError INBOX_ENTRY_UNKNOWN; whatever `content` throws, and then nothing is kept
   */
  storeFile(entryId: number, name: string, content: AsyncIterable<Uint8Array>): Promise<StoredFile>;
  /** The files of an entry, in the order they were stored first. */
  files(entryId: number): Promise<StoredFile[]>;
  /**
   * A file's bytes, in pieces of at most 1 MiB.
   *
   * @throws BridgeError INBOX_FILE_UNKNOWN
   */
  readFile(entryId: number, name: string): AsyncIterable<Uint8Array>;

  /** Keeps a few bytes under a name (settings snapshot), replacing what was there. */
  saveSnapshot(name: string, bytes: Uint8Array, now: Date): Promise<void>;
  findSnapshot(name: string): Promise<{ bytes: Uint8Array; savedAt: Date } | undefined>;

  /**
   * Called after each commit of puts of this process, so that a worker in it need not poll. Returns the
   * unsubscriber. Puts of other processes are not told: poll too.
   */
  onPut(listener: () => void): () => void;

  /** Finishes the puts under way, then closes. May be called twice; everything else fails afterwards. */
  close(): Promise<void>;
};
