import type { Direction, EntryFilter, EntryState } from './inbox.ts';

const allStates: readonly EntryState[] = ['received', 'claimed', 'waiting', 'settled', 'parked'];
export const allDirections: readonly Direction[] = ['outbound', 'inbound', 'log'];

const defaultListLimit = 100;

/** A filter whose every part is said; instants are milliseconds since 1970. */
export function completeFilter(filter: EntryFilter) {
  return {
    states: filter.states ?? allStates,
    directions: filter.directions ?? allDirections,
    sinceMs: filter.receivedSince?.getTime() ?? 0,
    beforeMs: filter.receivedBefore?.getTime() ?? Number.MAX_SAFE_INTEGER,
    limit: filter.limit ?? defaultListLimit,
  };
}
