/** Columns and tables of a summary; add a WHERE clause. */
export const selectSummary = `
  SELECT entry.id, request_id, position, entry.direction, secret_id, entry.received_at, state, attempts, waits,
    is_replayed, target, webhook_id, due_at, outcome, code, is_erased,
    coalesce(
      (SELECT reason FROM transition WHERE entry_id = entry.id ORDER BY transition.id DESC LIMIT 1),
      ${firstReason()}
    ) AS reason
  FROM entry JOIN request ON request.id = request_id`;

/** Columns and tables of an entry with its body; add a WHERE clause. */
export const selectEntry = `
  SELECT entry.id, request_id, position, entry.direction, secret_id, entry.received_at, state, attempts, waits,
    is_replayed, target,
    coalesce(element.body, request.body) AS body
  FROM entry JOIN request ON request.id = request_id LEFT JOIN element ON element.entry_id = entry.id`;

/** The reason of an entry's first transition, which no row stores: it was received, or split from an array. */
export function firstReason(): string {
  return "iif(split_count IS NULL, 'received', 'split(' || split_count || ')')";
}
