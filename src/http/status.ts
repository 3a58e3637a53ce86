import type { Context } from 'hono';
import type { InboxStatus } from '../inbox/inbox.ts';

/** What the bridge knows about itself when it is asked whether it can do its work. */
export type Readiness = {
  /** Whether a write was just made durable. */
  isInboxWritable: boolean;
  /** Whether settings, and so secrets, were ever read from Odoo or from the last snapshot. */
  areSettingsKnown: boolean;
  /** `unknown` before the first call. `code` is that of the last failure. */
  odoo: { state: 'up' | 'down' | 'unknown'; code?: string };
  /** `undefined` when the inbox cannot even be read. */
  inbox: InboxStatus | undefined;
};

/** The process answers. */
export function answerHealth(c: Context) {
  return c.json({ status: 'ok' });
}

/**
 * 200 when webhooks can be accepted, else 503. Odoo's state is told but does not decide: while Odoo is down,
 * accepting mail is exactly what must go on.
 */
export async function answerReadiness(c: Context, readiness: () => Promise<Readiness>) {
  const { isInboxWritable, areSettingsKnown, odoo, inbox } = await readiness();
  const isReady = isInboxWritable && areSettingsKnown;
  return c.json(
    {
      status: isReady ? 'ready' : 'not ready',
      inbox: {
        writable: isInboxWritable,
        unclaimed: inbox?.unclaimed ?? null,
        states: inbox?.states ?? null,
        oldest_open_at: inbox?.oldestOpenAt?.toISOString() ?? null,
      },
      settings: { known: areSettingsKnown },
      secrets:
        inbox?.secrets.map(({ secretId, kind, lastUsedAt }) => ({
          id: secretId,
          direction: kind,
          last_used_at: lastUsedAt.toISOString(),
        })) ?? null,
      odoo,
    },
    isReady ? 200 : 503,
  );
}
