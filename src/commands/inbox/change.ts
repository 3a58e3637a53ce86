import { bridgeError } from '../../errors.ts';
import type { BridgeError } from '../../errors.ts';
import type { EntryChange, EntrySummary } from '../../inbox/inbox.ts';
import { printableJson, printTable } from '../printed-text.ts';
import type { InboxDeps } from './entry.ts';
import type { SelectedEntry } from './selection.ts';

/** The result for one entry; with `--dry-run`, the result it would have. */
export type ChangedEntry = SelectedEntry & { change: EntryChange };

export type ChangeReport = {
  /** As in `3 entries replayed`. */
  verb: 'replayed' | 'discarded' | 'erased';
  changed: readonly ChangedEntry[];
  /** More entries match the filters than were selected. */
  more: boolean;
  isDryRun: boolean;
};

/** Entries per transaction; arriving webhooks must wait for its end. */
const entriesAtOnce = 200;

const reasons: Readonly<Record<Exclude<EntryChange, 'done'>, string>> = {
  unknown: 'no such entry',
  claimed: 'a worker has it now',
  settled: 'has ended already',
  erased: 'its body is erased',
};
const fixes: Readonly<Record<Exclude<EntryChange, 'done'>, string>> = {
  unknown: 'see which there are with: sweego-odoo-bridge inbox list',
  claimed: 'try again in a moment (without a running serve: start it, which gives them back)',
  settled: 'there is nothing left to do',
  erased: 'what was erased cannot come back',
};

/** Changes entries step by step; with `isDryRun` only predicts the results. */
export async function changeEntries(
  entries: readonly SelectedEntry[],
  {
    isDryRun,
    change,
    predict,
  }: {
    isDryRun: boolean;
    change: (ids: readonly number[]) => Promise<EntryChange[]>;
    predict: (summary: EntrySummary) => EntryChange;
  },
): Promise<ChangedEntry[]> {
  if (isDryRun) {
    return entries.map((entry) => ({
      ...entry,
      change: entry.summary === undefined ? 'unknown' : predict(entry.summary),
    }));
  }
  const changed: ChangedEntry[] = [];
  for (let start = 0; start < entries.length; start += entriesAtOnce) {
    const step = entries.slice(start, start + entriesAtOnce);
    const changes = await change(step.map(({ id }) => id));
    changed.push(...step.map((entry, index) => ({ ...entry, change: changes[index] ?? 'unknown' })));
  }
  return changed;
}

/** Prints a table of the entries with their results, and one sentence. */
function printChanges({ verb, changed, more, isDryRun }: ChangeReport, out: InboxDeps['out']): void {
  const done = isDryRun ? `would be ${verb}` : verb;
  if (changed.length > 0) {
    const rows = changed.map(({ id, summary, change }) => [
      String(id),
      summary?.kind ?? '-',
      summary?.state ?? '-',
      change === 'done' ? done : `not ${verb}: ${reasons[change]}`,
    ]);
    printTable([['ID', 'KIND', 'WAS', 'RESULT'], ...rows], out);
  }
  const count = changed.filter(({ change }) => change === 'done').length;
  const rest = more ? ' More match: raise --limit, or run it again.' : '';
  out(`${count} of ${changed.length} entries ${done}.${rest}`);
}

/** Like `printChanges`; programs depend on the names. */
function changesToJson({ changed, more, isDryRun }: ChangeReport) {
  return {
    dry_run: isDryRun,
    entries: changed.map(({ id, summary, change }) => ({
      id,
      kind: summary?.kind ?? null,
      was: summary?.state ?? null,
      result: change,
    })),
    more,
  };
}

/** Prints the report as JSON or as text, with what else the command reports. */
export function printReport(
  report: ChangeReport,
  { json, more = {}, lines = [] }: { json: boolean; more?: object; lines?: readonly string[] },
  out: InboxDeps['out'],
): void {
  if (json) out(printableJson({ ...changesToJson(report), ...more }));
  else {
    printChanges(report, out);
    for (const line of lines) out(line);
  }
}

/**
 * Call it after printing the report: scripts must see from the exit code that something was not done.
 *
 * @throws BridgeError INBOX_NOTHING_MATCHED, INBOX_ENTRIES_UNCHANGED
 */
export function requireAllDone({ verb, changed }: ChangeReport, unclaimed: number): void {
  if (changed.length === 0) throw nothingMatched(unclaimed);
  const undone = changed.filter(({ change }) => change !== 'done');
  if (undone.length === 0) return;
  const kinds = [...new Set(undone.map(({ change }) => change))].filter((change) => change !== 'done');
  const fixesByKind = kinds.map((kind) => {
    const ids = undone.filter(({ change }) => change === kind).map(({ id }) => id);
    const shown =
      ids.length > 10 ? `${ids.slice(0, 10).join(', ')} and ${ids.length - 10} more` : ids.join(', ');
    return `${shown}: ${reasons[kind]}; ${fixes[kind]}.`;
  });
  const what = `${undone.length} of ${changed.length} entries could not be ${verb}`;
  throw bridgeError('INBOX_ENTRIES_UNCHANGED', what, {
    fix: fixesByKind.join(' '),
    retry: kinds.includes('claimed') ? 'later' : 'never',
    details: { unchanged: undone.length, entries: changed.length },
  });
}

function nothingMatched(unclaimed: number): BridgeError {
  const details = { unclaimed };
  if (unclaimed === 0) return bridgeError('INBOX_NOTHING_MATCHED', 'No entry matches', { details });
  const what = `No entry matches. Webhooks not examined yet, which no filter can find: ${unclaimed}`;
  return bridgeError('INBOX_NOTHING_MATCHED', what, {
    fix:
      'Start serve, which examines them, or try the same filters, and other states, with: ' +
      'sweego-odoo-bridge inbox list',
    details,
  });
}
