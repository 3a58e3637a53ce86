import { BridgeError, codeOf } from '../../errors.ts';
import type { Entry, Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';
import type { SettingsKeeper } from '../settings/settings-keeper.ts';
import { nameOf } from './lane.ts';
import type { EntryResults, Lane, LaneContext } from './lane.ts';
import type { OdooContactKeeper } from './odoo-contact.ts';
import { recordResults } from './record-results.ts';
import type { RecordDeps } from './record-results.ts';
import type { Suspects } from './suspects.ts';
import { requireHeld } from './worker-lease.ts';
import type { WorkerLease } from './worker-lease.ts';

export type WorkBatchDeps = {
  inbox: RecordDeps['inbox'] & Pick<Inbox, 'wait'>;
  settings: Pick<SettingsKeeper, 'current' | 'refresh'>;
  lease: Pick<WorkerLease, 'isHeld'>;
  contact: OdooContactKeeper;
  suspects: Suspects;
  now: () => Date;
  log: Log;
  stopping: AbortSignal;
};

type Batch = {
  entries: readonly Entry[];
  /** How many entries the claim asked for. */
  limit: number;
  /** Odoo has just answered a probe. */
  hasProbed: boolean;
};

/** `limit`: how many entries the next claim asks for. */
export type BatchEnd = { end: 'worked' | 'odoo failed' | 'inbox failed'; limit: number };

/**
 * Works on claimed entries and records the results. When Odoo as a whole fails (down, key refused, not provisioned),
 * the batch is released unchanged and no attempt is counted.
 *
 * @throws BridgeError INBOX_*: the results are not recorded
 */
export async function workBatch(lane: Lane, deps: WorkBatchDeps, batch: Batch): Promise<BatchEnd> {
  const { entries, limit } = batch;
  let worked: Worked;
  try {
    worked = await work(lane, deps, batch);
  } catch (error) {
    return release(lane, deps, batch, error);
  }
  const { results, fault } = worked;
  if (hasWritten(results)) deps.suspects.acquit();
  if (fault === undefined) deps.contact.noteUp(nameOf(lane));
  await recordResults(deps, entries, results);
  if (fault !== undefined) return noteDown(lane, deps, batch, fault);
  return { end: 'worked', limit: Math.min(lane.mostEntries, limit * 2) };
}

/** `fault`: an error of Odoo that is attributed to the only entry of the batch. */
type Worked = { results: EntryResults; fault?: BridgeError };

/**
 * When the only entry of a batch fails right after Odoo answered the probe, the entry itself is at fault. Otherwise it
 * would block every entry behind it for ever.
 *
 * @throws BridgeError of another scope than `entry`
 */
async function work(
  lane: Lane,
  { settings: keeper, lease, suspects, stopping }: WorkBatchDeps,
  { entries, hasProbed }: Batch,
): Promise<Worked> {
  const settings = keeper.current() ?? (await keeper.refresh());
  const context: LaneContext = { settings, requireLease: () => requireHeld(lease), signal: stopping };
  try {
    return { results: await lane.conclude(entries, await lane.work(entries, context), context) };
  } catch (fault) {
    const [only] = entries;
    const isAlone = hasProbed && entries.length === 1 && only !== undefined;
    if (!isAlone || !(fault instanceof BridgeError) || fault.scope === 'bridge') throw fault;
    if (!suspects.accuse(only.id)) throw fault;
    const failed: EntryResults = new Map([[only.id, { kind: 'failed', error: fault }]]);
    return { results: await lane.conclude(entries, failed, context), fault };
  }
}

/** Releases the batch unchanged. After a failure of Odoo, the next batch is smaller. */
async function release(lane: Lane, deps: WorkBatchDeps, batch: Batch, error: unknown): Promise<BatchEnd> {
  const ids = batch.entries.map(({ id }) => id);
  const at = deps.now();
  const why = error instanceof BridgeError ? { code: error.code } : { reason: codeOf(error) };
  await deps.inbox.wait(ids, { ...why, until: at, counts: 'nothing', now: at });
  if (error instanceof BridgeError && error.scope === 'bridge') {
    deps.log.warn({ code: error.code, entries: ids.length }, 'batch given back');
    return { end: 'inbox failed', limit: batch.limit };
  }
  return noteDown(lane, deps, batch, error);
}

function noteDown(lane: Lane, { contact }: WorkBatchDeps, { entries }: Batch, error: unknown): BatchEnd {
  contact.noteDown(nameOf(lane), error);
  return { end: 'odoo failed', limit: Math.max(1, Math.floor(entries.length / 2)) };
}

/** Whether Odoo accepted a change of the batch. */
function hasWritten(results: EntryResults): boolean {
  return [...results.values()].some(
    (result) => result.kind === 'settle' && ['applied', 'injected'].includes(result.outcome.outcome),
  );
}
