import type { BridgeConfig } from '../../config.ts';
import { printableJson, printTable } from '../printed-text.ts';
import { ageOf, entryToJson, withExistingInbox } from './entry.ts';
import type { InboxDeps } from './entry.ts';
import { toEntryFilter } from './selection.ts';
import type { FilterOptions } from './selection.ts';

/** Reasons that are errors hold their fix too, which `inbox show` and `--json` show in full. */
const longestReason = 100;

export type InboxListOptions = FilterOptions & { json: boolean };

/**
 * Prints entries, newest first, without their bodies. A running `serve` is not disturbed.
 *
 * @throws BridgeError INBOX_OPTION_INVALID, INBOX_FILE_MISSING, INBOX_*
 */
export async function runInboxList(config: BridgeConfig, options: InboxListOptions, deps: InboxDeps) {
  const now = deps.now();
  const filter = toEntryFilter(options, now);
  const { found, status } = await withExistingInbox(config, async (inbox) => ({
    found: await inbox.list({ ...filter, limit: options.limit + 1 }),
    status: await inbox.status(),
  }));
  const entries = found.slice(0, options.limit);
  const more = found.length > entries.length;
  if (options.json) {
    const { unclaimed, states } = status;
    deps.out(printableJson({ unclaimed, states, entries: entries.map(entryToJson), more }));
    return;
  }
  const rows = entries.map((entry) => [
    String(entry.id),
    entry.kind,
    entry.state,
    String(entry.attempts),
    ageOf(entry.receivedAt, now),
    shortened(entry.isErased ? `${entry.reason} (body erased)` : entry.reason),
  ]);
  if (rows.length > 0) printTable([['ID', 'KIND', 'STATE', 'ATTEMPTS', 'AGE', 'REASON'], ...rows], deps.out);
  const counts = Object.entries(status.states).map(([state, count]) => `${count} ${state}`);
  const shown = more ? `${entries.length} shown, more match: raise --limit.` : `${entries.length} shown.`;
  deps.out(`${shown} The inbox holds ${status.unclaimed} unprocessed webhooks, ${counts.join(', ')}.`);
}

function shortened(text: string): string {
  return text.length > longestReason ? `${text.slice(0, longestReason - 1)}…` : text;
}
