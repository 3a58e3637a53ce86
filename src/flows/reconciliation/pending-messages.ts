import type { BridgeActions } from '../../odoo/bridge-actions.ts';
import type { PendingAnswer } from '../../odoo/bridge-answers.ts';
import { eventKey } from '../../rules/delivery/event-key.ts';
import type { PendingMail } from '../../rules/reconciliation/reconciliation.ts';
import type { KnownEvents } from './reconcile-domain.ts';

/** Messages that wait for an event from Sweego. */
export type PendingMessages = {
  known: KnownEvents;
  mails: readonly PendingMail[];
};

type EventAnswer = PendingAnswer['messages'][number]['events'][number];

/** Reads all pending messages from Odoo, page by page. @throws BridgeError ODOO_* */
export async function readPendingMessages(actions: Pick<BridgeActions, 'pending'>): Promise<PendingMessages> {
  const known = new Map<string, Set<string>>();
  const mails: PendingMail[] = [];
  let cursor: string | null = null;
  do {
    const page: PendingAnswer = await actions.pending(cursor);
    for (const {
      created_at: createdAt,
      since,
      message_id: messageId,
      from_domain,
      events,
    } of page.messages) {
      if (createdAt !== null) mails.push({ createdAt, since: since ?? createdAt, fromDomain: from_domain });
      known.set(messageId, new Set(events.map(keyOf)));
    }
    cursor = page.next;
  } while (cursor !== null);
  return { known, mails };
}

function keyOf([swgUid, type, permanence]: EventAnswer): string {
  return eventKey({ swg_uid: swgUid, type, permanence });
}
