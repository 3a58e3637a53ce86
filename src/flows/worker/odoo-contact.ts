import { codeOf } from '../../errors.ts';
import { describeError } from '../../log.ts';
import type { Log } from '../../log.ts';

/** Whether Odoo answered the last time. */
export type OdooContact = { state: 'unknown' | 'up' } | { state: 'down'; code: string; since: Date };

export type OdooContactKeeper = {
  current(): OdooContact;
  /** Work of this lane succeeded, or the lane has no work and Odoo answered. */
  noteUp(lane: string): void;
  noteDown(lane: string, error: unknown): void;
  /** Another process works with Odoo now, so this knowledge gets out of date. */
  forget(): void;
};

/**
 * Logs an outage once, with its code and its fix, and again when its code changes or when it ends. An outage ends when
 * every lane that failed has succeeded: its work succeeded or, if it has no work, Odoo answered the probe. While a lane
 * has work, an answered probe is not enough, because Odoo may still fail the work.
 */
export function createOdooContact(deps: {
  now: () => Date;
  log: Pick<Log, 'info' | 'error'>;
}): OdooContactKeeper {
  let contact: OdooContact = { state: 'unknown' };
  const failing = new Set<string>();
  return {
    current: () => contact,
    noteUp(lane) {
      failing.delete(lane);
      if (contact.state === 'up' || failing.size > 0) return;
      const since = contact.state === 'down' ? { since: contact.since.toISOString() } : {};
      contact = { state: 'up' };
      deps.log.info(since, 'Odoo answers');
    },
    noteDown(lane, error) {
      failing.add(lane);
      const code = codeOf(error);
      if (contact.state === 'down' && contact.code === code) return;
      const since = contact.state === 'down' ? contact.since : deps.now();
      contact = { state: 'down', code, since };
      deps.log.error({ ...describeError(error), code }, 'Odoo is unavailable: pausing');
    },
    forget() {
      failing.clear();
      contact = { state: 'unknown' };
    },
  };
}
