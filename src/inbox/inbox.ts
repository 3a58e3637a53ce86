import type { DescribeBody } from './described-body.ts';
import type {
  Entry,
  EntryChange,
  EntryFilter,
  EntryKind,
  EntryState,
  EntrySummary,
  Outcome,
  ParkReason,
  Transition,
  WaitReason,
} from './entry.ts';

// The whole contract is imported from this file.
export type * from './described-body.ts';
export type * from './entry.ts';

/** A verified webhook request, exactly as it arrived, or a row of Sweego's log. */
export type NewRequest = {
  kind: EntryKind;
  /** Identifies the request, not the event: the `webhook-id` header, or what identifies the row. */
  requestKey: string;
  /** The raw signed bytes. */
  body: Uint8Array;
  receivedAt: Date;
  /** Which secret verified it, for example `server:3:outbound` or `environment:1`. Never the secret. */
  secretId: string;
};

/** When a secret last verified a webhook, by its id (never the secret). */
export type SecretUse = { secretId: string; kind: EntryKind; lastUsedAt: Date; requests: number };

/** A file of an entry, such as an attachment. */
export type StoredFile = { name: string; sizeBytes: number; sha256: string };

export type InboxStatus = {
  /** Requests stored but not yet split into entries; not counted in `states`. */
  unclaimed: number;
  states: Readonly<Record<EntryState, number>>;
  /** When the oldest request or entry that is neither settled nor parked was received. */
  oldestOpenAt: Date | null;
  /** Every secret that has verified a request split so far, the one used last first. */
  secrets: readonly SecretUse[];
};

/**
 * The store that must lose nothing. A request is on disk when `put` resolves. An entry leaves the open states only by
 * `settle`, `park`, or an operator's `discard` or `erase`. The same suite runs on every engine.
 *
 * Several processes may open one inbox. Only the opened inbox that claimed an entry can end it or put it back: a worker
 * that stalled and lost its lease changes nothing any more.
 *
 * Every method rejects with a BridgeError: INBOX_WRITE_FAILED (disk full, read-only, locked, server unavailable;
 * nothing was changed, and the same call works again when the disk or server does), INBOX_READ_FAILED,
 * INBOX_CORRUPT, INBOX_CLOSED, INBOX_UNEXPECTED (a fault of the bridge itself).
 */
export type Inbox = {
  /** Appends a request. Resolves once it is durable (fsync). Concurrent calls share one commit, and fail together. */
  put(request: NewRequest): Promise<{ requestId: number }>;

  /**
   * Splits new requests into entries (each element of an array is one), settles repeated events as duplicates, parks
   * unreadable bodies, and hands out due entries of the given kinds, longest due first, as `claimed`. A request is
   * split and its entries are handed out in one transaction. Entries of other kinds are split and kept as `received`.
   * With `limit: 0` it only splits.
   *
   * May return fewer than `limit` while more are due, because the bytes handed out are bounded. An empty result means
   * that nothing is due. An entry that was released twice after a crash is handed out alone.
   */
  claim(options: {
    kinds: readonly EntryKind[];
    limit: number;
    now: Date;
    describe: DescribeBody;
  }): Promise<Entry[]>;

  /**
   * Ends entries that this inbox has claimed.
   *
   * @throws BridgeError INBOX_NOT_CLAIMED when this inbox does not hold some of them: those stay as they are, and the
   *   others are settled. The same holds for `wait` and `park`.
   */
  settle(ids: readonly number[], outcome: Outcome, now: Date): Promise<void>;

  /**
   * Puts claimed entries back until `until`. What is counted decides how long the next wait is: `attempt` for a
   * failure of the entry itself (scope `entry`), `wait` for something normal that passes, `nothing` when Odoo as a
   * whole is unavailable, because an outage must use up no entry's attempts.
   */
  wait(
    ids: readonly number[],
    options: WaitReason & { until: Date; counts: 'attempt' | 'wait' | 'nothing'; now: Date },
  ): Promise<void>;

  /** Sets claimed entries aside for a human. */
  park(ids: readonly number[], reason: ParkReason, now: Date): Promise<void>;

  /**
   * Releases every claimed entry of these kinds, due at once: entries that a crashed worker held, and entries that this
   * inbox claimed and never ended. Only the worker that holds the lease may call it, while it has no batch of these
   * kinds under way.
   *
   * Each release of another inbox's claim is counted, because the entry may have caused the crash. After five of
   * them, the last ones while it was handed out alone, it is parked as a suspected cause of crashes.
   */
  releaseClaimed(kinds: readonly EntryKind[], now: Date): Promise<{ released: number; parked: number }>;

  /** Shortens every wait by `byMs`, for use after the clock was set back. */
  shiftWaits(byMs: number): Promise<void>;

  /**
   * Makes entries due at once, whether they are parked, waiting or settled. Attempts, waits and releases start from
   * nothing again. Refuses claimed entries (`claimed`) and those without a body (`erased`).
   *
   * @param target the document that the operator names; without it the entry's `target` is removed
   * @returns what became of each id, in order
   */
  replay(ids: readonly number[], now: Date, target?: string): Promise<EntryChange[]>;

  /**
   * Settles open and parked entries as `discarded`, for this reason. Refuses claimed entries (`claimed`) and those that
   * have ended (`settled`).
   */
  discard(ids: readonly number[], reason: string, now: Date): Promise<EntryChange[]>;

  /**
   * Erases body, files and terms of entries, and the whole request's body where it was an array. Open and parked
   * entries are settled as `discarded`; the others keep their outcome. Refuses claimed entries (`claimed`). Keys are
   * kept, so that a repetition is still a duplicate: they name no person.
   */
  erase(ids: readonly number[], now: Date): Promise<EntryChange[]>;

  /**
   * One bounded step of retention: erases bodies, files and terms of entries settled before `bodiesSettledBefore`, and
   * deletes entries settled before `entriesSettledBefore` with their history and keys. Parked and open entries are kept
   * whatever their age. Call it again until both counts are 0.
   *
   * @param limit how many entries a step erases at most, and how many it deletes
   */
  retain(options: {
    bodiesSettledBefore: Date;
    entriesSettledBefore: Date;
    limit: number;
  }): Promise<{ bodies: number; entries: number }>;

  /** Entries by filter, newest first; a hundred at most where the filter has no limit. */
  list(filter: EntryFilter): Promise<EntrySummary[]>;

  /** One entry with its body (empty when erased), or undefined when it does not exist. */
  find(id: number): Promise<(EntrySummary & { body: Uint8Array }) | undefined>;

  /**
   * Every transition of an entry, oldest first. The first is `received`, with the reason `split(n)` when the request
   * was an array of n elements. Empty when the entry does not exist.
   */
  history(id: number): Promise<Transition[]>;

  /** Costs no more with a million entries than with ten. */
  status(): Promise<InboxStatus>;

  /**
   * Takes or renews the single-writer lease; false while another holder keeps renewing it. Held until released, or
   * until the caller has observed no renewal for `ttlMs` on its own clock: clocks of two machines are never compared.
   */
  holdLease(options: { name: string; holder: string; ttlMs: number; now: Date }): Promise<boolean>;
  releaseLease(options: { name: string; holder: string }): Promise<void>;

  /**
   * Keeps a file of an entry, durable when this resolves; it replaces a file of the same name. Content is stored as it
   * arrives, so memory does not grow with the file. The file is erased with the entry's body.
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

  /** Keeps a few bytes under a name (the settings snapshot); they replace earlier ones. */
  saveSnapshot(name: string, bytes: Uint8Array, now: Date): Promise<void>;
  findSnapshot(name: string): Promise<{ bytes: Uint8Array; savedAt: Date } | undefined>;

  /**
   * Calls the listener after each commit of puts of this process, so that its worker need not wait for the next poll.
   * Puts of other processes notify nobody: poll too.
   *
   * @returns the unsubscriber
   */
  onPut(listener: () => void): () => void;

  /** Finishes the puts under way, then closes. May be called twice; every other method fails afterwards. */
  close(): Promise<void>;
};
