import { codeOf } from '../../errors.ts';
import { describeError } from '../../log.ts';
import type { Log } from '../../log.ts';

/** What the last contact with Odoo was like. */
export type OdooContact = { state: 'unknown' | 'up' } | { state: 'down'; code: string; since: Date };

export type OdooContactKeeper = {
  current(): OdooContact;
  /** Work of this lane got through, or it has none and Odoo answered. */
  noteUp(lane: string): void;
  noteDown(lane: string, error: unknown): void;
  /** Somebody else works with Odoo now: what was known here grows old. */
  forget(): void;
};

/**
 * Tells of an outage once, with its code and what mends it, and again when its code changes or it ends. An
 * outage ends when work gets through, not when a probe does: Odoo can answer one and fail the other. Of several
 * lanes, each one that failed must get through.
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
