import { isolateFailures } from '../worker/isolate-failures.ts';
import type { EntryResult, Lane, LaneContext } from '../worker/lane.ts';
import { concludeReply } from './conclude-reply.ts';
import { deliverReply } from './deliver-reply.ts';
import { createReplyCircuits } from './reply-circuits.ts';
import type { ReplyDeps } from './reply-deps.ts';

export type InboundLaneDeps = Omit<ReplyDeps, 'settings' | 'circuits' | 'signal'>;

/** Handles replies one at a time, because a whole reply is held in memory while Odoo receives it. */
export function createInboundLane(deps: InboundLaneDeps): Lane {
  const circuits = createReplyCircuits();
  const { actions } = deps;

  function replyDeps({ settings, requireLease, signal }: LaneContext): ReplyDeps {
    const deliver: ReplyDeps['actions']['deliver'] = async (delivery) => {
      requireLease();
      return actions.deliver(delivery);
    };
    const guarded: ReplyDeps['actions'] = {
      route: (question) => actions.route(question),
      deliver,
      openAlert: (alert) => actions.openAlert(alert),
      closeAlert: (key) => actions.closeAlert(key),
    };
    return { ...deps, actions: guarded, settings, signal, circuits };
  }

  return {
    kinds: ['inbound'],
    mostEntries: 1,
    async work(entries, context) {
      return isolateFailures(async (batch) => {
        const results = new Map<number, EntryResult>();
        for (const entry of batch) results.set(entry.id, await deliverReply(replyDeps(context), entry));
        return results;
      }, entries);
    },
    async conclude(entries, results, context) {
      const concluded = new Map<number, EntryResult>();
      for (const entry of entries) {
        const result = results.get(entry.id) ?? { kind: 'busy', reason: 'nothing was decided' };
        concluded.set(entry.id, await concludeReply(replyDeps(context), entry, result));
      }
      return concluded;
    },
  };
}
