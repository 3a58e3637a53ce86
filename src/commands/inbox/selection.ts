import { bridgeError } from '../../errors.ts';
import type { BridgeError } from '../../errors.ts';
import type { EntryFilter, EntryKind, EntryState, EntrySummary, Inbox } from '../../inbox/inbox.ts';
import { normalizeAddress } from '../../mail/email-address.ts';
import { normalizeMessageId } from '../../mail/message-id.ts';

/** Filters as they are typed; what is left out filters nothing. */
export type FilterOptions = {
  states?: readonly EntryState[];
  kinds?: readonly EntryKind[];
  /** Received longer ago than this: a number with s, m, h or d, as in `2h`. */
  olderThan?: string;
  /** Received since then. */
  newerThan?: string;
  /** With or without angle brackets. */
  messageId?: string;
  /** With or without display name. */
  recipient?: string;
  /** How many entries at most, the newest. */
  limit: number;
};

/** Entries by their numbers, or by filter. */
export type SelectionOptions = FilterOptions & { ids: readonly number[] };

export type SelectedEntry = { id: number; summary: EntrySummary | undefined };

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * The filter without its limit: with nothing in it, it stands for every entry.
 *
 * @throws BridgeError INBOX_OPTION_INVALID
 */
export function toEntryFilter(options: FilterOptions, now: Date): Omit<EntryFilter, 'limit'> {
  const { states, kinds, olderThan, newerThan, messageId, recipient } = options;
  const ago = (name: string, text: string) => new Date(now.getTime() - parseAgeMs(name, text));
  const terms = [
    ...(recipient === undefined ? [] : [addressTerm(recipient)]),
    ...(messageId === undefined ? [] : [messageIdTerm(messageId)]),
  ];
  return {
    ...(states !== undefined && { states }),
    ...(kinds !== undefined && { kinds }),
    ...(olderThan !== undefined && { receivedBefore: ago('--older-than', olderThan) }),
    ...(newerThan !== undefined && { receivedSince: ago('--newer-than', newerThan) }),
    ...(terms.length > 0 && { terms }),
  };
}

/** @throws BridgeError INBOX_OPTION_INVALID */
export function addressTerm(recipient: string): string {
  const address = normalizeAddress(recipient);
  if (address === undefined) {
    throw invalidOption('--recipient', 'is not an e-mail address', 'ann@example.com');
  }
  return `address:${address}`;
}

/**
 * The entries that a command is to change. Without numbers only those in `usualStates` are taken, unless
 * states are named; at most `limit`, and `more` says whether others match too.
 *
 * @throws BridgeError INBOX_SELECTION_INVALID when neither numbers nor filters are given, or both: an
 *   empty selection never means all entries. INBOX_OPTION_INVALID, INBOX_*
 */
export async function selectEntries(
  inbox: Inbox,
  options: SelectionOptions,
  { usualStates, now }: { usualStates: readonly EntryState[]; now: Date },
): Promise<{ entries: SelectedEntry[]; more: boolean }> {
  const filter = checkSelection(options, now);
  if (options.ids.length > 0) {
    const entries: SelectedEntry[] = [];
    for (const id of new Set(options.ids)) entries.push({ id, summary: await findSummary(inbox, id) });
    return { entries, more: false };
  }
  const found = await inbox.list({ states: usualStates, ...filter, limit: options.limit + 1 });
  const entries = found.slice(0, options.limit).map((summary) => ({ id: summary.id, summary }));
  return { entries, more: found.length > options.limit };
}

/**
 * For a look before anything is opened.
 *
 * @throws BridgeError INBOX_SELECTION_INVALID, INBOX_OPTION_INVALID
 */
export function checkSelection(options: SelectionOptions, now: Date): Omit<EntryFilter, 'limit'> {
  const filter = toEntryFilter(options, now);
  const hasIds = options.ids.length > 0;
  const hasFilter = Object.keys(filter).length > 0;
  if (hasIds === hasFilter) {
    const given = hasIds ? 'both numbers of entries and filters' : 'no entries';
    throw bridgeError('INBOX_SELECTION_INVALID', `The command was given ${given}`);
  }
  return filter;
}

/** Bodies are large, and a hundred of them are not needed at once. */
async function findSummary(inbox: Inbox, id: number): Promise<EntrySummary | undefined> {
  const found: (EntrySummary & { body?: Uint8Array }) | undefined = await inbox.find(id);
  delete found?.body;
  return found;
}

function messageIdTerm(text: string): string {
  const messageId = normalizeMessageId(text);
  if (messageId === undefined) {
    throw invalidOption(
      '--message-id',
      'is not a Message-Id',
      "'<1.2-openerp-3-sale.order@odoo.example.com>'",
    );
  }
  return `message-id:${messageId}`;
}

function parseAgeMs(name: string, text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text.trim()) ?? [];
  if (count === undefined || unit === undefined) {
    throw invalidOption(name, 'is not an age', '90s, 15m, 2h or 1d');
  }
  return Number(count) * (unitMs[unit] ?? 0);
}

/** An option's value that cannot be used, with one that can. */
export function invalidOption(name: string, fault: string, example: string): BridgeError {
  return bridgeError('INBOX_OPTION_INVALID', `The value of ${name} ${fault}`, {
    fix: `Give one like ${example}.`,
    details: { option: name },
  });
}
