import type { BridgeConfig } from '../../config.ts';
import type { EntrySummary, Inbox } from '../../inbox/inbox.ts';
import { openInbox } from '../../inbox/open.ts';

export type InboxDeps = {
  now: () => Date;
  /** Writes one line of the result. */
  out: (line: string) => void;
};

/**
 * Opens an existing inbox for one call and closes it. Never creates one: a mistyped DATABASE_URL must not look like an
 * empty inbox.
 *
 * @throws BridgeError INBOX_FILE_MISSING, INBOX_*
 */
export async function withExistingInbox<Result>(
  config: BridgeConfig,
  use: (inbox: Inbox) => Promise<Result>,
): Promise<Result> {
  const inbox = await openInbox(config.databaseUrl, { create: false });
  try {
    return await use(inbox);
  } finally {
    await inbox.close();
  }
}

/** An entry in JSON output; programs depend on these names. */
export function entryToJson(entry: EntrySummary) {
  return {
    id: entry.id,
    kind: entry.kind,
    state: entry.state,
    outcome: entry.outcome,
    code: entry.code,
    target: entry.target,
    reason: entry.reason,
    attempts: entry.attempts,
    waits: entry.waits,
    received_at: entry.receivedAt.toISOString(),
    due_at: entry.dueAt?.toISOString() ?? null,
    webhook_id: entry.requestKey,
    request: entry.requestId,
    position: entry.position,
    signed_with: entry.secretId,
    erased: entry.isErased,
  };
}

/** Two digits of age are enough: `90s`, `15m`, `3h`, `4d`. */
export function ageOf(from: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - from.getTime()) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}
