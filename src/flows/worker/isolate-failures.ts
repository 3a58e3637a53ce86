import { BridgeError, bridgeError } from '../../errors.ts';
import type { Entry } from '../../inbox/inbox.ts';
import type { EntryResult } from './lane.ts';

type ApplyBatch = (entries: readonly Entry[]) => Promise<ReadonlyMap<number, EntryResult>>;

/**
 * Applies a batch so that one bad entry does not affect the others: when the batch fails, and not because Odoo as a
 * whole failed, it is halved until the bad entry stands alone. Applying a half again is harmless, because every
 * decision starts from a new reading.
 *
 * @throws BridgeError of another scope than `entry`: no entry has a result
 */
export async function isolateFailures(
  apply: ApplyBatch,
  entries: readonly Entry[],
): Promise<ReadonlyMap<number, EntryResult>> {
  try {
    return await apply(entries);
  } catch (error) {
    if (isElsewhere(error)) throw error;
    const [only] = entries;
    if (only !== undefined && entries.length === 1) {
      return new Map([[only.id, { kind: 'failed', error: asBridgeError(error) }]]);
    }
    const middle = Math.ceil(entries.length / 2);
    const first = await isolateFailures(apply, entries.slice(0, middle));
    const second = await isolateFailures(apply, entries.slice(middle));
    return new Map([...first, ...second]);
  }
}

/** True also for faults of this installation, such as a call that was cancelled by stopping: no entry caused them. */
function isElsewhere(error: unknown): boolean {
  return error instanceof BridgeError && error.scope !== 'entry';
}

/** Without the message of the error: the message of an unexpected error can quote the body. */
function asBridgeError(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return bridgeError('UNEXPECTED', `This is a fault of the bridge (${kind})`, { cause: error });
}
