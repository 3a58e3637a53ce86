import { sleep } from '../../../src/bridge/bridge-worker.ts';
import { createOutboundLane } from '../../../src/flows/delivery/outbound-lane.ts';
import { createSettingsKeeper } from '../../../src/flows/settings/settings-keeper.ts';
import { createWorker } from '../../../src/flows/worker/worker.ts';
import type { EntrySummary, Inbox } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import type { BridgeActions } from '../../../src/odoo/bridge-actions.ts';
import { describeBody } from '../../../src/sweego/describe-body.ts';
import { noSnapshot } from '../inbox/no-snapshot.ts';
import { createTemporaryPath } from '../inbox/sqlite-databases.ts';

/** The bridge from its inbox to Odoo, without the HTTP before it. */
export type EventBridge = {
  inbox: Inbox;
  /** Stores webhooks in this order, each under a webhook-id of its own. */
  put(bodies: readonly string[]): Promise<void>;
  /** Stores rows of Sweego's log, as reconciliation does, mixed with webhooks. */
  putMixed(bodies: readonly { kind: 'outbound' | 'log'; body: string }[]): Promise<void>;
  /**
   * Resolves when no work is left.
   *
   * @throws Error when an entry was parked, or the work does not end in time
   */
  drained(timeoutMs?: number): Promise<void>;
  settled(): Promise<EntrySummary[]>;
  /** Stops the worker, which then claims nothing more. */
  stopWorking(): Promise<void>;
  close(): Promise<void>;
};

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export async function openEventBridge(actions: BridgeActions): Promise<EventBridge> {
  const { path, remove } = createTemporaryPath();
  const inbox = await openInbox(`file:${path}`);
  const now = () => new Date();
  const worker = createWorker({
    inbox,
    lanes: [createOutboundLane({ actions, log: silent })],
    settings: createSettingsKeeper({
      actions,
      snapshot: noSnapshot,
      environmentSecrets: { outbound: [], inbound: [] },
      now,
      log: silent,
    }),
    describe: describeBody,
    retain: { bodiesDays: 7, entriesDays: 90 },
    holder: 'test',
    now,
    random: () => 0.5,
    sleep,
    log: silent,
  });
  worker.start();
  let count = 0;
  async function putMixed(bodies: Parameters<EventBridge['putMixed']>[0]): Promise<void> {
    const requests = bodies.map(({ kind, body }) => {
      count += 1;
      return inbox.put({
        kind,
        requestKey: `webhook-${count}`,
        body: Buffer.from(body),
        receivedAt: now(),
        secretId: 'test',
      });
    });
    await Promise.all(requests);
  }
  return {
    inbox,
    put: (bodies) => putMixed(bodies.map((body) => ({ kind: 'outbound', body }))),
    putMixed,
    async drained(timeoutMs = 10_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const { unclaimed, states } = await inbox.status();
        if (states.parked > 0) {
          const [parked] = await inbox.list({ states: ['parked'] });
          throw new Error(`Parked: ${parked?.reason}`);
        }
        if (unclaimed + states.received + states.claimed + states.waiting === 0) return;
        if (Date.now() > deadline) {
          throw new Error(`Not drained: ${JSON.stringify(await inbox.list({ limit: 3 }))}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    },
    settled: () => inbox.list({ states: ['settled'], limit: 100_000 }),
    stopWorking: () => worker.stop(),
    async close() {
      await worker.stop();
      await inbox.close();
      remove();
    },
  };
}
