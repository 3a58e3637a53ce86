import { workerKinds } from '../../bridge/bridge-worker.ts';
import { drainNow, isUnserved } from '../../bridge/drain-now.ts';
import type { DrainEnd } from '../../bridge/drain-now.ts';
import type { BridgeConfig, OdooAccess } from '../../config.ts';
import { bridgeError } from '../../errors.ts';
import type { EntryState, EntrySummary, Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';
import { parseReplyTarget } from '../../rules/replies/reply-by-hand.ts';
import { changeEntries, printReport, requireAllDone } from './change.ts';
import type { ChangedEntry, ChangeReport } from './change.ts';
import { withExistingInbox } from './entry.ts';
import type { InboxDeps } from './entry.ts';
import { checkSelection, invalidOption, selectEntries } from './selection.ts';
import type { SelectedEntry, SelectionOptions } from './selection.ts';

export type InboxReplayOptions = SelectionOptions & {
  /** Document that replies are posted on, as `sale.order,23`. */
  to?: string;
  dryRun: boolean;
  json: boolean;
};

/** States that a filter selects if `--state` is not given. */
const usualStates: readonly EntryState[] = ['parked'];

/** Who works on replayed entries, and what became of them when the command (`now`) saw to their end. */
type Work = { worker: 'none' | 'serve' | 'now'; end?: DrainEnd; after: EntrySummary[] };

/**
 * Makes entries due again. A running `serve` picks them up; with `config.odoo` (`--now`) they are brought to
 * Odoo by this process when no `serve` runs. Replaying what Odoo already has doubles nothing: what an event
 * changes is decided from what Odoo holds.
 *
 * @throws BridgeError INBOX_SELECTION_INVALID, INBOX_OPTION_INVALID; after printing what was done:
 *   INBOX_NOTHING_MATCHED, INBOX_ENTRIES_UNCHANGED, INBOX_REPLAY_UNFINISHED; INBOX_FILE_MISSING, INBOX_*
 */
export async function runInboxReplay(
  config: BridgeConfig & { odoo?: OdooAccess },
  options: InboxReplayOptions,
  deps: InboxDeps & { log: Log },
) {
  const now = deps.now();
  checkSelection(options, now);
  if (options.to !== undefined) requireTarget(options.to, options);
  const { report, work, unclaimed } = await withExistingInbox(config, async (inbox) => {
    const { entries, more } = await selectEntries(inbox, options, { usualStates, now });
    if (options.to !== undefined) requireReplies(entries);
    const changed = await changeEntries(entries, {
      isDryRun: options.dryRun,
      change: (ids) => inbox.replay(ids, now, options.to),
      predict: ({ state, isErased }) => (state === 'claimed' ? 'claimed' : isErased ? 'erased' : 'done'),
    });
    const report: ChangeReport = { verb: 'replayed', changed, more, isDryRun: options.dryRun };
    const work = options.dryRun ? undefined : await seeToWork(config, inbox, changed, deps);
    return { report, work, unclaimed: (await inbox.status()).unclaimed };
  });
  printReport(
    report,
    { json: options.json, more: workToJson(work), lines: describeWork(work, report) },
    deps.out,
  );
  requireAllDone(report, unclaimed);
  requireFinished(work);
}

/** One document is meant for replies that were looked at, not for whatever matches a filter. */
function requireTarget(to: string, { ids }: InboxReplayOptions): void {
  const example = 'sale.order,23 (model and number of a document of Odoo)';
  if (parseReplyTarget(to) === undefined) throw invalidOption('--to', 'does not name a document', example);
  if (ids.length > 0) return;
  throw bridgeError('INBOX_OPTION_INVALID', '--to was given without numbers of entries', {
    fix: 'Give the entries as well: sweego-odoo-bridge inbox replay <id> --to sale.order,23',
    details: { option: '--to' },
  });
}

/** @throws BridgeError INBOX_OPTION_INVALID, with nothing changed */
function requireReplies(entries: readonly SelectedEntry[]): void {
  const others = entries.filter(({ summary }) => summary !== undefined && summary.kind !== 'inbound');
  if (others.length === 0) return;
  const ids = others.map(({ id }) => id).join(', ');
  const what = `Only replies can be given a document, and these entries are not replies: ${ids}. Nothing was changed`;
  throw bridgeError('INBOX_OPTION_INVALID', what, {
    fix: 'See which are with: sweego-odoo-bridge inbox list --kind inbound',
    details: { option: '--to' },
  });
}

async function seeToWork(
  config: BridgeConfig & { odoo?: OdooAccess },
  inbox: Inbox,
  changed: readonly ChangedEntry[],
  deps: InboxDeps & { log: Log },
): Promise<Work | undefined> {
  const ids = changed.filter(({ change }) => change === 'done').map(({ id }) => id);
  if (ids.length === 0) return undefined;
  const { odoo } = config;
  if (odoo === undefined) {
    return { worker: (await isUnserved(inbox, deps.now())) ? 'none' : 'serve', after: [] };
  }
  const end = await drainNow({ ...config, odoo }, inbox, ids, deps);
  if (end.kind === 'served') return { worker: 'serve', after: [] };
  const after: EntrySummary[] = [];
  for (const id of ids) {
    const found = await inbox.find(id);
    if (found !== undefined) after.push(found);
  }
  return { worker: 'now', end, after };
}

function workToJson(work: Work | undefined) {
  if (work === undefined) return {};
  const { worker, end, after } = work;
  return {
    worker,
    ...(end?.kind === 'odoo_down' && { odoo: end.code }),
    ...(worker === 'now' && {
      after: after.map(({ id, state, outcome, code, reason, dueAt }) => ({
        id,
        state,
        outcome,
        code,
        reason,
        due_at: dueAt?.toISOString() ?? null,
      })),
    }),
  };
}

function describeWork(work: Work | undefined, { changed }: ChangeReport): string[] {
  if (work === undefined) return [];
  const ids = changed.filter(({ change }) => change === 'done').map(({ id }) => id);
  const shown = ids.length > 5 ? '--state received' : ids.join(' ');
  if (work.worker === 'serve') {
    return [
      'A running serve will process them. ' +
        '(If none runs because it was killed, start it, or repeat this with --now.)',
    ];
  }
  if (work.worker === 'none') {
    return [
      'No serve runs on this inbox. Start it, or bring them to Odoo from here with: ' +
        `sweego-odoo-bridge inbox replay --now ${shown}`,
    ];
  }
  return work.after.map(({ id, state, reason, dueAt }) => {
    const due = state === 'waiting' && dueAt !== null ? `, again at ${dueAt.toISOString()}` : '';
    return `${id} is now ${state}: ${reason}${due}`;
  });
}

/** @throws BridgeError INBOX_REPLAY_UNFINISHED */
function requireFinished(work: Work | undefined): void {
  if (work?.worker !== 'now') return;
  const open = work.after.filter(({ state }) => state !== 'settled');
  const down = work.end?.kind === 'odoo_down' ? work.end.code : undefined;
  if (open.length === 0) return;
  const what = `${open.length} of ${work.after.length} entries have not been brought to Odoo; all of them are kept`;
  throw bridgeError('INBOX_REPLAY_UNFINISHED', what, {
    fix: fixOf(open, down),
    details: { open: open.length, entries: work.after.length, ...(down !== undefined && { odoo: down }) },
  });
}

function fixOf(open: readonly EntrySummary[], odooCode: string | undefined): string | undefined {
  if (odooCode !== undefined) {
    return `Odoo is unavailable (${odooCode}, see docs/errors.md): fix that, then start serve or repeat this.`;
  }
  const untaken = open.filter(({ kind }) => !workerKinds.includes(kind));
  if (untaken.length < open.length) return undefined;
  return `This release brings only these kinds to Odoo: ${workerKinds.join(', ')}. Wait for one that does more.`;
}
