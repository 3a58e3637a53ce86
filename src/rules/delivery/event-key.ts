/**
 * A key for comparing events with rows of Sweego's log. A failure counts by its permanence, because a `hard_bounce` with a
 * 4xx reply may be followed by one with a 5xx reply. Any other event counts by its type.
 */
export function eventKey(event: {
  swg_uid: string | null;
  type: string;
  permanence: string | null | undefined;
}): string {
  return `${event.swg_uid ?? ''} ${event.permanence ?? event.type}`;
}
