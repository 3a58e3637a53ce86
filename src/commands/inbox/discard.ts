import { closeAlerts } from '../../bridge/close-alerts.ts';
import type { BridgeConfig, OdooAccess } from '../../config.ts';
import { bridgeError } from '../../errors.ts';
import type { EntryState, EntrySummary } from '../../inbox/inbox.ts';
import { printableLine } from '../printed-text.ts';
import { changeEntries, printReport, requireAllDone } from './change.ts';
import type { ChangeReport } from './change.ts';
import { withExistingInbox } from './entry.ts';
import type { InboxDeps } from './entry.ts';
import { checkSelection, selectEntries } from './selection.ts';
import type { SelectionOptions } from './selection.ts';

export type InboxDiscardOptions = SelectionOptions & { reason: string; dryRun: boolean; json: boolean };

const longestReason = 200;

/** States that a filter selects if `--state` is not given. */
const usualStates: readonly EntryState[] = ['received', 'claimed', 'waiting', 'parked'];

/**
 * Ends entries without bringing them to Odoo, and keeps the reason in their history. They can be replayed as
 * long as their bodies are kept. With `config.odoo`, activities that tell of them in Odoo are closed.
 *
 * @throws BridgeError INBOX_SELECTION_INVALID, INBOX_OPTION_INVALID, INBOX_NOTHING_MATCHED,
 *   INBOX_ENTRIES_UNCHANGED (after printing what was done), INBOX_FILE_MISSING, INBOX_*
 */
export async function runInboxDiscard(
  config: BridgeConfig & { odoo?: OdooAccess },
  options: InboxDiscardOptions,
  deps: InboxDeps,
) {
  const now = deps.now();
  const reason = checkReason(options.reason);
  checkSelection(options, now);
  const { report, unclaimed } = await withExistingInbox(config, async (inbox) => {
    const { entries, more } = await selectEntries(inbox, options, { usualStates, now });
    const changed = await changeEntries(entries, {
      isDryRun: options.dryRun,
      change: (ids) => inbox.discard(ids, reason, now),
      predict: ({ state }) => (state === 'claimed' || state === 'settled' ? state : 'done'),
    });
    const report: ChangeReport = { verb: 'discarded', changed, more, isDryRun: options.dryRun };
    return { report, unclaimed: (await inbox.status()).unclaimed };
  });
  const lines = options.dryRun ? [] : await closeAlerts(config.odoo, discardedReplies(report));
  printReport(report, { json: options.json, lines }, deps.out);
  requireAllDone(report, unclaimed);
}

/** Those that a user of Odoo may know of. */
function discardedReplies({ changed }: ChangeReport): EntrySummary[] {
  return changed.flatMap(({ summary, change }) =>
    change === 'done' && summary?.kind === 'inbound' && summary.state === 'parked' ? [summary] : [],
  );
}

function checkReason(text: string): string {
  const reason = printableLine(text).trim();
  if (reason === '' || reason.length > longestReason) {
    const what = `The value of --reason is empty or longer than ${longestReason} characters`;
    throw bridgeError('INBOX_OPTION_INVALID', what, {
      fix: 'Say in a few words why, for example --reason "test delivery". The history keeps it.',
      details: { option: '--reason' },
    });
  }
  return reason;
}
