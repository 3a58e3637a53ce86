/**
 * An event by what Sweego's log can tell apart of its message: a failure by how final it really is, since a
 * `hard_bounce` with a 4xx may be followed by one with a 5xx; everything else by its type.
 */
export function eventKey(event: {
  swg_uid: string | null;
  type: string;
  permanence: string | null | undefined;
}): string {
  return `${event.swg_uid ?? ''} ${event.permanence ?? event.type}`;
}
