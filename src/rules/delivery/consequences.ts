import type { HistoryEvent } from './message-state.ts';

/** What an administrator chose for a mail server; all of it is off unless he did. */
export type ServerOptions = {
  /** Unsubscriptions and complaints go to Odoo's blacklist. */
  feedBlacklist: boolean;
  /** Dead addresses count on the bounce counter of their partners. */
  countBounces: boolean;
};

/**
 * The mail server whose secret verified a webhook: its options count. Undefined where a secret of the
 * environment did, which belongs to no server.
 *
 * @param secretId for example `server:3:inbound:2`
 */
export function findServer<Server extends { id: number }>(
  servers: readonly Server[],
  secretId: string,
): Server | undefined {
  return servers.find(({ id }) => secretId.startsWith(`server:${id}:`));
}

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
