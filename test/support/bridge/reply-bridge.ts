import { onTestFinished } from 'vitest';
import { startSweegoApi } from '../../../demo/sweego-api.ts';
import type { SweegoApiStandIn } from '../../../demo/sweego-api.ts';
import { sweegoReplyBody } from '../../../demo/sweego-reply.ts';
import type { WrittenReply } from '../../../demo/sweego-reply.ts';
import { BridgeError } from '../../../src/errors.ts';
import { createInboundLane } from '../../../src/flows/replies/inbound-lane.ts';
import type { InboundLaneDeps } from '../../../src/flows/replies/inbound-lane.ts';
import type { Lane } from '../../../src/flows/worker/lane.ts';
import { recordResults } from '../../../src/flows/worker/record-results.ts';
import { openHttpRequest } from '../../../src/http-client.ts';
import type { EntrySummary, Inbox } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { createBridgeActions } from '../../../src/odoo/bridge-actions.ts';
import type { BridgeActions, Delivery } from '../../../src/odoo/bridge-actions.ts';
import { describeBody } from '../../../src/sweego/describe-body.ts';
import { openStandIn } from '../../demo/open-stand-in.ts';
import type { OpenStandIn } from '../../demo/open-stand-in.ts';
import { createTemporaryPath } from '../inbox/sqlite-databases.ts';
import type { LogLine } from './open-worker.ts';

/** What a test may change. */
export type ReplyBridgeChanges = {
  /** Answers instead of Odoo's actions. */
  actions?: (actual: BridgeActions) => Partial<InboundLaneDeps['actions']>;
  sweego?: Partial<InboundLaneDeps['sweego']>;
  outboundSecrets?: readonly string[];
};

/** The bridge from its inbox to Odoo, for replies, driven step by step on stand-ins. */
export type ReplyBridge = {
  odoo: OpenStandIn;
  api: SweegoApiStandIn;
  inbox: Inbox;
  lane: Lane;
  /** What Odoo received. */
  deliveries: Delivery[];
  lines: LogLine[];
  /** Log lines with this message. */
  logged: (message: string) => LogLine[];
  /** Moves the clock forward. */
  pass: (ms: number) => void;
  /** Stores a reply and works on it once. */
  bring: (
    reply: WrittenReply | string,
    options?: { secretId?: string; receivedAt?: Date },
    signal?: AbortSignal,
  ) => Promise<EntrySummary>;
  /** Works once on the entries that are due; returns the code of an error that was thrown. */
  work: () => Promise<string | undefined>;
  /** Replays as an operator does, and works on it once. */
  replay: (id: number, target?: string) => Promise<EntrySummary>;
  entry: (id: number) => Promise<EntrySummary>;
  read: (model: string, domain: readonly unknown[], fields: readonly string[]) => Promise<ReadRow[]>;
  create: (model: string, values: Readonly<Record<string, unknown>>) => Promise<number>;
  /** Messages that replies created, oldest first. */
  posted: () => Promise<ReadRow[]>;
  activities: () => Promise<ReadRow[]>;
};

export type ReadRow = { id: number } & Record<string, unknown>;

export async function openReplyBridge(changes: ReplyBridgeChanges = {}): Promise<ReplyBridge> {
  const odoo = await openStandIn();
  const api = await startSweegoApi();
  const { path, remove } = createTemporaryPath();
  const inbox = await openInbox(`file:${path}`);
  onTestFinished(async () => {
    await inbox.close();
    await api.close();
    await odoo.close();
    remove();
  });
  let clock = Date.parse('2026-11-01T10:00:00Z');
  const now = () => new Date(clock);
  const lines: LogLine[] = [];
  const write = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push({ ...fields, level, message });
  const log = { info: write('info'), warn: write('warn'), error: write('error') };
  const actual = createBridgeActions(odoo.bridge);
  const changed = { ...actual, ...changes.actions?.(actual) };
  const deliveries: Delivery[] = [];
  const lane = createInboundLane({
    actions: {
      ...changed,
      deliver: (delivery) => {
        deliveries.push(delivery);
        return changed.deliver(delivery);
      },
    },
    inbox,
    sweego: {
      openHttpRequest,
      url: api.url,
      apiKey: api.apiKey,
      clientUuid: api.clientUuid,
      ...changes.sweego,
    },
    outboundSecrets: changes.outboundSecrets ?? [],
    log,
  });
  let count = 0;

  async function work(signal = new AbortController().signal): Promise<string | undefined> {
    const entries = await inbox.claim({
      kinds: ['inbound'],
      limit: 500,
      now: now(),
      describe: describeBody,
    });
    try {
      const context = {
        settings: await actual.settings(),
        requireLease: () => undefined,
        signal,
      };
      const results = await lane.conclude(entries, await lane.work(entries, context), context);
      await recordResults({ inbox, now, log }, entries, results);
      return undefined;
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      const ids = entries.map(({ id }) => id);
      await inbox.wait(ids, { until: now(), reason: error.code, counts: 'nothing', now: now() });
      return error.code;
    }
  }

  async function entry(id: number): Promise<EntrySummary> {
    const found = await inbox.find(id);
    if (found === undefined) throw new Error(`There is no entry ${id}.`);
    // A failing test would print every byte.
    const summary: EntrySummary & { body?: Uint8Array } = found;
    delete summary.body;
    return summary;
  }

  const read: ReplyBridge['read'] = async (model, domain, fields) =>
    (await odoo.admin.call({
      model,
      method: 'search_read',
      arguments: { domain, fields, order: 'id' },
    })) as ReadRow[];

  return {
    odoo,
    api,
    inbox,
    lane,
    deliveries,
    lines,
    logged: (message) => lines.filter((line) => line.message === message),
    pass: (ms) => void (clock += ms),
    async bring(reply, { secretId = 'environment:1', receivedAt = now() } = {}, signal) {
      count += 1;
      const body = typeof reply === 'string' ? reply : sweegoReplyBody(reply, receivedAt);
      const request = { requestKey: `w-${count}`, body: Buffer.from(body), receivedAt, secretId };
      await inbox.put({ kind: 'inbound', ...request });
      await work(signal);
      const [newest] = await inbox.list({ limit: 1 });
      return entry(newest?.id ?? 0);
    },
    work: () => work(),
    async replay(id, target) {
      await inbox.replay([id], now(), target);
      await work();
      return entry(id);
    },
    entry,
    read,
    async create(model, values) {
      const [id] = (await odoo.admin.call({
        model,
        method: 'create',
        arguments: { vals_list: [values] },
      })) as [number];
      return id;
    },
    posted: () =>
      read(
        'mail.message',
        [['message_id', 'ilike', '@sweego-odoo-bridge.invalid']],
        ['message_id', 'model', 'res_id', 'subject', 'body', 'email_from', 'author_id', 'subtype_id'],
      ),
    activities: () => read('mail.activity', [], ['summary', 'note', 'x_sweego_key']),
  };
}
