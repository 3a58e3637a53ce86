import type { StoredRequest } from './admission.ts';
import { secretUseOf } from './entry-row.ts';
import type { Direction, SecretUse } from './inbox.ts';
import type { SqliteSession } from './sqlite-session.ts';

/** Adds admitted requests to what is known of the secrets that verified them, one write per secret. */
export function countSecretUses(
  session: SqliteSession,
  requests: readonly Omit<StoredRequest, 'body'>[],
): void {
  const uses = new Map<string, { secretId: string; direction: Direction; lastMs: number; count: number }>();
  for (const { secretId, direction, receivedAtMs } of requests) {
    const key = `${direction} ${secretId}`;
    const use = uses.get(key) ?? { secretId, direction, lastMs: receivedAtMs, count: 0 };
    uses.set(key, { ...use, lastMs: Math.max(use.lastMs, receivedAtMs), count: use.count + 1 });
  }
  for (const { secretId, direction, lastMs, count } of uses.values()) {
    session.run(
      `INSERT INTO secret_use (secret_id, direction, last_used_at, requests) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET last_used_at = max(last_used_at, excluded.last_used_at),
         requests = requests + excluded.requests`,
      [secretId, direction, lastMs, count],
    );
  }
}

/** The secrets that have verified something, the one used last first. */
export function listSecretUses(session: SqliteSession): SecretUse[] {
  return session
    .all(
      `SELECT secret_id, direction, last_used_at, requests FROM secret_use
       ORDER BY last_used_at DESC, secret_id, direction`,
      [],
    )
    .map(secretUseOf);
}
