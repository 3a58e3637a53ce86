import { BridgeError, bridgeError } from '../../errors.ts';
import type { Entry } from '../../inbox/inbox.ts';
import type { EntryResult } from './lane.ts';

type ApplyBatch = (entries: readonly Entry[]) => Promise<ReadonlyMap<number, EntryResult>>;

/**
 * Applies a batch so that one bad entry costs the others nothing: when the batch fails for a reason that is
 * not Odoo's as a whole, it is halved until the bad entry stands alone. Applying a half again is harmless,
 * since every decision starts from what is read.
 *
 * @throws BridgeError of another scope than `entry`, with nothing said about the entries
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

/** Also what is about this installation, such as a call that stopping breaks off: no entry is at fault for it. */
function isElsewhere(error: unknown): boolean {
  return error instanceof BridgeError && error.scope !== 'entry';
}

/** Not the message: that of a fault of ours can quote the body it fell over. */
function asBridgeError(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return bridgeError('UNEXPECTED', `This is a fault of the bridge (${kind})`, { cause: error });
}
