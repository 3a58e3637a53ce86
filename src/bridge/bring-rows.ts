import type { ServeConfig } from '../config.ts';
import { bridgeError } from '../errors.ts';
import type { EntryFilter, EntryState, EntrySummary, Inbox } from '../inbox/inbox.ts';
import type { Log } from '../log.ts';
import { describeBody } from '../sweego/describe-body.ts';
import { drainNow } from './drain-now.ts';
import type { DrainEnd } from './drain-now.ts';

/** More rows than a reconciliation of a week finds. */
const mostRows = 100_000;

/** The result for the rows of Sweego's log that were not yet applied in Odoo. */
export type BroughtRows = {
  /** Which process brought them to Odoo; `none`: there were no rows. */
  worker: 'none' | 'serve' | 'now';
  /** The code of the error when Odoo as a whole was unavailable. */
  odooCode: string | undefined;
  applied: number;
  /** Settled without a change: known already, or about a message that this Odoo does not have. */
  needless: number;
  /** Neither settled nor parked: due, claimed or waiting. */
  open: readonly EntrySummary[];
  /** Parked in this run: each needs a human. */
  parked: readonly EntrySummary[];
  /** Parked before this run, and still waiting for a human. */
  parkedEarlier: number;
};

/**
 * Brings every open row of Sweego's log in the inbox to Odoo, also rows from earlier reconciliations. A running `serve`
 * does the work if there is one, and may have finished before this process looks.
 *
 * @param since when the reconciliation began: every row stored since then is part of the result
 * @throws BridgeError INBOX_*
 */
export async function bringRows(
  config: ServeConfig,
  inbox: Inbox,
  since: Date,
  deps: { now: () => Date; log: Log },
): Promise<BroughtRows> {
  await splitNewRequests(inbox, deps.now);
  const found = await listRows(inbox, { receivedSince: since });
  const earlier = await listRows(inbox, { receivedBefore: since, states: [...openStates, 'parked'] });
  const rows = [...found, ...earlier.filter(isOpen)];
  await endOutageWaits(inbox, rows, deps.now());
  const ids = rows.map(({ id }) => id).reverse();
  const end = rows.some(isOpen) ? await drainNow(config, inbox, ids, deps) : undefined;
  const after = await summariesOf(inbox, ids);
  const settled = after.filter(({ state }) => state === 'settled');
  const applied = settled.filter(({ outcome }) => outcome === 'applied').length;
  return {
    worker: rows.length === 0 ? 'none' : workerOf(end),
    odooCode: end?.kind === 'odoo_down' ? end.code : undefined,
    applied,
    needless: settled.length - applied,
    open: after.filter(isOpen),
    parked: after.filter(({ state }) => state === 'parked'),
    parkedEarlier: earlier.length - earlier.filter(isOpen).length,
  };
}

const openStates: readonly EntryState[] = ['received', 'claimed', 'waiting'];

function isOpen({ state }: EntrySummary): boolean {
  return openStates.includes(state);
}

/** Rows that were no longer open when this process looked were handled by a running `serve`. */
function workerOf(end: DrainEnd | undefined): BroughtRows['worker'] {
  const isServed =
    end === undefined || end.kind === 'served' || (end.kind === 'done' && end.worker === 'serve');
  return isServed ? 'serve' : 'now';
}

/** Without their bodies: there may be many of them. */
async function summariesOf(inbox: Inbox, ids: readonly number[]): Promise<EntrySummary[]> {
  const summaries: EntrySummary[] = [];
  for (const id of ids) {
    const found: (EntrySummary & { body?: Uint8Array }) | undefined = await inbox.find(id);
    delete found?.body;
    if (found !== undefined) summaries.push(found);
  }
  return summaries;
}

/**
 * Fails if rows are left that no running process will apply, or rows were parked in this run. Rows parked earlier are
 * only reported.
 *
 * @throws BridgeError RECONCILE_UNFINISHED
 */
export function requireBrought({ worker, odooCode, open, parked }: BroughtRows): void {
  const left = worker === 'serve' ? parked.length : open.length + parked.length;
  if (left === 0) return;
  const rows = left === 1 ? 'One row' : `${left} rows`;
  throw bridgeError(
    'RECONCILE_UNFINISHED',
    `${rows} of Sweego's log did not reach Odoo; the inbox keeps all`,
    {
      fix: fixOf(parked.length, odooCode),
      details: {
        open: open.length,
        parked: parked.length,
        ...(odooCode === undefined ? {} : { odoo: odooCode }),
      },
    },
  );
}

function fixOf(parked: number, odooCode: string | undefined): string | undefined {
  if (odooCode !== undefined) {
    return `Odoo is unavailable (${odooCode}, see docs/errors.md): fix that, then start serve or run it again.`;
  }
  if (parked === 0) return undefined;
  return (
    'Parked rows need a decision (sweego-odoo-bridge inbox list --state parked --kind log, then inbox show <id>); ' +
    'a running serve takes up the others when they are due.'
  );
}

/** Splits new requests into entries: only entries have numbers. */
async function splitNewRequests(inbox: Inbox, now: () => Date): Promise<void> {
  while ((await inbox.status()).unclaimed > 0) {
    await inbox.claim({ kinds: [], limit: 0, now: now(), describe: describeBody });
  }
}

function listRows(inbox: Inbox, filter: EntryFilter): Promise<EntrySummary[]> {
  return inbox.list({ ...filter, kinds: ['log'], limit: mostRows });
}

/**
 * Makes rows due that wait only because of an outage. Others keep their time: replaying them would reset their attempts
 * on each call.
 */
async function endOutageWaits(inbox: Inbox, rows: readonly EntrySummary[], now: Date): Promise<void> {
  const ids = rows
    .filter(({ state, attempts, waits }) => state === 'waiting' && attempts === 0 && waits === 0)
    .map(({ id }) => id);
  for (let start = 0; start < ids.length; start += 200) {
    await inbox.replay(ids.slice(start, start + 200), now);
  }
}
