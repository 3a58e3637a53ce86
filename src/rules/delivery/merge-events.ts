import type { HistoryEvent } from '../../odoo/message-state.ts';
import { isReplacedBy, isFromLog, isSameEvent } from './delivery-status.ts';

export type MergedEvents = {
  /** The new history. */
  all: readonly HistoryEvent[];
  /** Its events that are not stored yet. */
  fresh: readonly HistoryEvent[];
  /** Events of the old history that a fresh event replaces. */
  replaced: readonly HistoryEvent[];
};

/**
 * Adds events to a history. A repetition is left out, unless it replaces an event from Sweego's log (`isReplacedBy`). The
 * result depends only on the set of events, not on their order or on which of them were stored before.
 */
export function mergeEvents(history: readonly HistoryEvent[], events: readonly HistoryEvent[]): MergedEvents {
  let all = history;
  for (const event of events) {
    const repeated = all.filter((each) => isSameEvent(each, event));
    if (repeated.every((each) => isReplacedBy(each, event))) {
      all = [...all.filter((each) => !repeated.includes(each)), event];
    }
  }
  return {
    all,
    fresh: all.filter((each) => !history.includes(each)),
    replaced: history.filter((each) => !all.includes(each)),
  };
}

/** The sorted `event_id`s of the events from Sweego's log. */
export function logEventIds(events: readonly HistoryEvent[]): string[] {
  return events.flatMap((event) => (isFromLog(event) ? (event.event_id ?? []) : [])).sort();
}
