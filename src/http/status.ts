import type { Context } from 'hono';
import type { InboxStatus } from '../inbox/inbox.ts';

/** The state of the bridge, as `/readyz` reports it. */
export type Readiness = {
  /** Whether a test write was stored durably. */
  isInboxWritable: boolean;
  /** Whether settings were read from Odoo or the snapshot, or the environment has an outbound secret. */
  areSettingsKnown: boolean;
  /** `unknown` before the first call. `code`: the code of the last failure. */
  odoo: { state: 'up' | 'down' | 'unknown'; code?: string };
  /** `undefined` when the inbox cannot be read. */
  inbox: InboxStatus | undefined;
};

/** 200 while the process runs. */
export function answerHealth(c: Context) {
  return c.json({ status: 'ok' });
}

/**
 * 200 when webhooks can be accepted, else 503. The state of Odoo is reported but does not affect the status: webhooks
 * must be accepted especially while Odoo is down.
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
