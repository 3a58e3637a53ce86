import type { BridgeActions } from '../../odoo/bridge-actions.ts';
import { isolateFailures } from '../worker/isolate-failures.ts';
import type { Lane } from '../worker/lane.ts';
import { applyEvents } from './apply-events.ts';
import type { ApplyEventsDeps } from './apply-events.ts';

export type OutboundLaneDeps = {
  actions: Pick<BridgeActions, 'read' | 'apply'>;
  log: ApplyEventsDeps['log'];
};

/** Handles events about mails that Odoo sent, many at once: from webhooks and from Sweego's log. */
export function createOutboundLane({ actions, log }: OutboundLaneDeps): Lane {
  return {
    kinds: ['outbound', 'log'],
    mostEntries: 500,
    work(entries, { settings, requireLease }) {
      const guarded: OutboundLaneDeps['actions'] = {
        read: (messageIds) => actions.read(messageIds),
        apply: async (changes) => {
          requireLease();
          return actions.apply(changes);
        },
      };
      return isolateFailures((batch) => applyEvents({ actions: guarded, settings, log }, batch), entries);
    },
    conclude: async (_entries, results) => results,
  };
}
