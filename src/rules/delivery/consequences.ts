import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import type { HistoryEvent } from '../../odoo/message-state.ts';

/** The options that an administrator chose for a mail server. */
type ServerOptions = Pick<BridgeSettings['servers'][number], 'feed_blacklist' | 'count_bounces'>;

/** Addresses for Odoo's blacklist and bounce counters, in addition to the state of the mail. */
type Consequences = { blacklisted: readonly string[]; bounced_addresses: readonly string[] };

/**
 * Callers pass only new events, so that a repetition counts nothing twice. An event that was verified by a secret of the
 * environment has no options and no consequences.
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
