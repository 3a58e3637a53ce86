import type { HistoryEvent } from './message-state.ts';

/** What an administrator chose for a mail server; all of it is off unless he did. */
export type ServerOptions = {
  /** Unsubscriptions and complaints go to Odoo's blacklist. */
  feedBlacklist: boolean;
  /** Dead addresses count on the bounce counter of their partners. */
  countBounces: boolean;
};

/** What follows from a new event besides the state of its mail: addresses for Odoo's own lists. */
export type Consequences = { blacklisted: readonly string[]; dead: readonly string[] };

/** Only new events are given here, so that a repetition counts nothing twice. */
export function consequencesOf(
  events: readonly { event: HistoryEvent; options: ServerOptions }[],
): Consequences {
  const refusing = events.filter(
    ({ event, options }) => options.feedBlacklist && ['list_unsub', 'complaint'].includes(event.type),
  );
  const dead = events.filter(
    ({ event, options }) =>
      options.countBounces && event.permanence === 'hard' && event.failure_type === 'mail_email_invalid',
  );
  return {
    blacklisted: [...new Set(refusing.map(({ event }) => event.recipient))],
    dead: dead.map(({ event }) => event.recipient),
  };
}
