import type { BridgeConfig } from '../../config.ts';
import type { EntrySummary, Inbox } from '../../inbox/inbox.ts';
import { describeBody } from '../../sweego/describe-body.ts';
import { printReport, requireAllDone } from './change.ts';
import type { ChangedEntry, ChangeReport } from './change.ts';
import { withExistingInbox } from './entry.ts';
import type { InboxDeps } from './entry.ts';
import { addressTerm } from './selection.ts';

export type InboxEraseOptions = { recipient: string; dryRun: boolean; json: boolean };

/** More than a worker claims at once, so that claimed entries do not hide others. */
const entriesAtOnce = 1000;

/**
 * Erases the data of one person in the inbox: body, files and search terms of every entry whose event or reply names the
 * address. New requests are split first, because only entries show whom they name.
 *
 * Not erased: claimed entries (reported as an error), bodies that are not JSON, the person's name in other texts, and
 * records in Odoo.
 *
 * @throws BridgeError INBOX_OPTION_INVALID, INBOX_NOTHING_MATCHED, INBOX_ENTRIES_UNCHANGED (after printing what
 *   was done), INBOX_FILE_MISSING, INBOX_*
 */
export async function runInboxErase(config: BridgeConfig, options: InboxEraseOptions, deps: InboxDeps) {
  const term = addressTerm(options.recipient);
  const now = deps.now();
  const { changed, unclaimed } = await withExistingInbox(config, async (inbox) => {
    if (!options.dryRun) await splitAll(inbox, now);
    const changed = options.dryRun ? await predict(inbox, term) : await eraseAll(inbox, term, now);
    return { changed, unclaimed: (await inbox.status()).unclaimed };
  });
  const report: ChangeReport = { verb: 'erased', changed, more: false, isDryRun: options.dryRun };
  printReport(
    report,
    { json: options.json, more: { unclaimed }, lines: remainder(changed, unclaimed, options.dryRun) },
    deps.out,
  );
  requireAllDone(report, options.dryRun ? unclaimed : 0);
}

/** Claims no entry, so it needs no lease. Ends when a round splits nothing more. */
async function splitAll(inbox: Inbox, now: Date): Promise<void> {
  let left = (await inbox.status()).unclaimed;
  while (left > 0) {
    await inbox.claim({
      kinds: ['outbound', 'inbound', 'log'],
      limit: 0,
      now,
      describe: describeBody,
    });
    const { unclaimed } = await inbox.status();
    if (unclaimed >= left) return;
    left = unclaimed;
  }
}

/** Erased entries lose their terms, so each search finds only the rest. */
async function eraseAll(inbox: Inbox, term: string, now: Date): Promise<ChangedEntry[]> {
  const changed = new Map<number, ChangedEntry>();
  for (;;) {
    const found = await inbox.list({ terms: [term], limit: entriesAtOnce });
    if (found.length === 0) break;
    const changes = await inbox.erase(
      found.map(({ id }) => id),
      now,
    );
    found.forEach((summary, index) => {
      const change = changes[index] ?? 'unknown';
      changed.set(summary.id, { id: summary.id, summary, change });
    });
    if (!changes.includes('done')) break;
  }
  return [...changed.values()];
}

async function predict(inbox: Inbox, term: string): Promise<ChangedEntry[]> {
  const found = await inbox.list({ terms: [term], limit: 1_000_000 });
  const changeOf = ({ state }: EntrySummary) => (state === 'claimed' ? 'claimed' : 'done');
  return found.map((summary) => ({ id: summary.id, summary, change: changeOf(summary) }));
}

function remainder(changed: readonly ChangedEntry[], unclaimed: number, isDryRun: boolean): string[] {
  const open = changed.filter(
    ({ summary, change }) => change === 'done' && summary?.state !== 'settled',
  ).length;
  const unsplit =
    unclaimed === 0
      ? []
      : [
          isDryRun
            ? `Webhooks not examined yet: ${unclaimed}. The real run examines them.`
            : `Webhooks that arrived meanwhile: ${unclaimed}. Run it again to examine them.`,
        ];
  return [
    ...(open === 0 ? [] : [`${open} of them did not reach Odoo, and never will.`]),
    ...unsplit,
    'Not erased: records in Odoo (contact, messages, the history of Sweego events), bodies that are not JSON ' +
      '(inbox list --state parked), and backups of the inbox.',
  ];
}
