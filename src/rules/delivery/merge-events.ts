import type { HistoryEvent } from '../../odoo/message-state.ts';
import { givesWay, isFromLog, isSameEvent } from './delivery-status.ts';

export type MergedEvents = {
  /** The history as it will be. */
  all: readonly HistoryEvent[];
  /** Those of it that are not kept yet. */
  fresh: readonly HistoryEvent[];
  /** Those of the history whose place a fresh one takes. */
  replaced: readonly HistoryEvent[];
};

/**
 * Adds events to a history. A repetition is left out, unless it says better what a row of Sweego's log has said:
 * then it takes that one's place. What comes out depends on the set of events alone, not on their order or on
 * which of them were kept before.
 */
export function mergeEvents(history: readonly HistoryEvent[], events: readonly HistoryEvent[]): MergedEvents {
  let all = history;
  for (const event of events) {
    const repeated = all.filter((each) => isSameEvent(each, event));
    if (repeated.every((each) => givesWay(each, event))) {
      all = [...all.filter((each) => !repeated.includes(each)), event];
    }
  }
  return {
    all,
    fresh: all.filter((each) => !history.includes(each)),
    replaced: history.filter((each) => !all.includes(each)),
  };
}

/** The `event_id`s of those that Sweego's log told, sorted. */
export function logEventIds(events: readonly HistoryEvent[]): string[] {
  return events.flatMap((event) => (isFromLog(event) ? (event.event_id ?? []) : [])).sort();
}
