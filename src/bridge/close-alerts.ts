import type { OdooAccess } from '../config.ts';
import { BridgeError } from '../errors.ts';
import { alertKey } from '../flows/replies/conclude-reply.ts';
import type { EntrySummary } from '../inbox/inbox.ts';
import { createBridgeActions } from '../odoo/bridge-actions.ts';
import { connectOdoo } from './bridge-worker.ts';

/** Short, because an operator waits. */
const timeoutMs = 10_000;

/**
 * Closes the activities of parked replies in Odoo. Never throws, because the replies are already changed.
 *
 * @param access undefined when no ODOO_ variables are set
 * @returns lines for the operator
 */
export async function closeAlerts(
  access: OdooAccess | undefined,
  replies: readonly EntrySummary[],
): Promise<string[]> {
  if (replies.length === 0) return [];
  if (access === undefined) return [stayOpen('the ODOO_ variables are not set')];
  const odoo = connectOdoo(access, timeoutMs);
  try {
    const actions = createBridgeActions(odoo);
    for (const reply of replies) await actions.closeAlert(alertKey(reply));
    return ['Their activities in Odoo are closed.'];
  } catch (error) {
    return [stayOpen(error instanceof BridgeError ? error.code : 'UNEXPECTED')];
  } finally {
    await odoo.close();
  }
}

function stayOpen(why: string): string {
  return `Their activities in Odoo may stay open (${why}): mark them as done there.`;
}
