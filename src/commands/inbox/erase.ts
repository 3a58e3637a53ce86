import type { BridgeConfig } from '../../config.ts';
import type { EntrySummary, Inbox } from '../../inbox/inbox.ts';
import { describeBody } from '../../sweego/describe-body.ts';
import { printReport, requireAllDone } from './change.ts';
import type { ChangedEntry, ChangeReport } from './change.ts';
import { withExistingInbox } from './entry.ts';
import type { InboxDeps } from './entry.ts';
import { addressTerm } from './selection.ts';

export type InboxEraseOptions = { recipient: string; dryRun: boolean; json: boolean };

/** More than a worker ever claims at once, so that claimed entries cannot hide others. */
const entriesAtOnce = 1000;

/**
 * Removes what the inbox holds of one person: body, files and terms of every entry whose event or reply names
 * the address. Unprocessed webhooks are split first, because only then their addresses are known.
 *
 * It does not reach what a worker has in hand (said, and an error), bodies that are no JSON, texts that mention
 * the person elsewhere, and Odoo's own records.
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

/** Hands out nothing, so no lease is needed. Ends when a round splits nothing more. */
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

/** An erased entry has lost its terms, so each look finds what is left. */
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
            ? `Unprocessed webhooks: ${unclaimed}. The real run checks them too.`
            : `Webhooks that arrived meanwhile: ${unclaimed}. Run it again to check them too.`,
        ];
  return [
    ...(open === 0 ? [] : [`${open} of them had not been brought to Odoo, and never will be.`]),
    ...unsplit,
    "Not touched: Odoo's own records (contact, messages, the history of Sweego events), bodies that are no JSON " +
      '(inbox list --state parked), and backups of the inbox.',
  ];
}
