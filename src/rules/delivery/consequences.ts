import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import type { HistoryEvent } from '../../odoo/message-state.ts';

/** What an administrator chose for a mail server. */
type ServerOptions = Pick<BridgeSettings['servers'][number], 'feed_blacklist' | 'count_bounces'>;

/** What follows from a new event besides the state of its mail: addresses for Odoo's own lists. */
type Consequences = { blacklisted: readonly string[]; bounced_addresses: readonly string[] };

/**
 * Only new events are given here, so that a repetition counts nothing twice. An event that no mail server of Odoo
 * signed has no options and no consequences.
 */
export function consequencesOf(
  events: readonly { event: HistoryEvent; options: ServerOptions | undefined }[],
): Consequences {
  const refusing = events.filter(
    ({ event, options }) =>
      options?.feed_blacklist === true && ['list_unsub', 'complaint'].includes(event.type),
  );
  const bounced = events.filter(
    ({ event, options }) =>
      options?.count_bounces === true &&
      event.permanence === 'hard' &&
      event.failure_type === 'mail_email_invalid',
  );
  return {
    blacklisted: [...new Set(refusing.map(({ event }) => event.recipient))],
    bounced_addresses: bounced.map(({ event }) => event.recipient),
  };
}
