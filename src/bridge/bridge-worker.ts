import { randomBytes, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { OdooAccess, ServeConfig } from '../config.ts';
import { createOutboundLane } from '../flows/delivery/outbound-lane.ts';
import { createInboundLane } from '../flows/replies/inbound-lane.ts';
import { createSealer } from '../flows/settings/sealer.ts';
import { createSettingsKeeper } from '../flows/settings/settings-keeper.ts';
import type { SettingsKeeper } from '../flows/settings/settings-keeper.ts';
import { createSettingsSnapshot } from '../flows/settings/settings-snapshot.ts';
import { createWorker } from '../flows/worker/worker.ts';
import type { Worker } from '../flows/worker/worker.ts';
import { openHttpRequest, sendHttpRequest } from '../http-client.ts';
import type { EntryKind, Inbox } from '../inbox/inbox.ts';
import type { Log } from '../log.ts';
import { createBridgeActions } from '../odoo/bridge-actions.ts';
import type { BridgeActions } from '../odoo/bridge-actions.ts';
import { createOdoo } from '../odoo/create-odoo.ts';
import type { Odoo } from '../odoo/odoo.ts';
import { describeBody } from '../sweego/describe-body.ts';

/** Time limit of a call to Odoo, milliseconds: its own retries after a conflict take up to 17 s. */
const odooTimeoutMs = 60_000;

/** The kinds of entries that the worker handles; others stay untouched. */
export const workerKinds: readonly EntryKind[] = ['outbound', 'log', 'inbound'];

/** The parts that bring entries from an inbox to Odoo, in `serve` and in `inbox replay --now`. */
export type BridgeWorker = {
  /** The caller must close it; closing cancels a hanging call. */
  odoo: Odoo;
  actions: BridgeActions;
  settings: SettingsKeeper;
  worker: Worker;
  /** The name of this process in leases. */
  holder: string;
};

/** Creates the worker and its parts, without starting it. */
export function createBridgeWorker(
  config: ServeConfig,
  inbox: Inbox,
  { now, log }: { now: () => Date; log: Log },
): BridgeWorker {
  const { database, secret } = config.odoo;
  const odoo = connectOdoo(config.odoo, odooTimeoutMs);
  const actions = createBridgeActions(odoo);
  const holder = `${hostname()}:${process.pid}:${randomUUID()}`;
  const sealer = createSealer({ credential: secret, database, randomBytes });
  const settings = createSettingsKeeper({
    actions,
    snapshot: createSettingsSnapshot({ inbox, sealer, now, log }),
    environmentSecrets: { outbound: config.outboundSecrets, inbound: config.inboundSecrets },
    now,
    log,
  });
  const worker = createWorker({
    inbox,
    lanes: [
      createOutboundLane({ actions, log }),
      createInboundLane({
        actions,
        inbox,
        sweego: {
          openHttpRequest,
          url: config.sweegoApiUrl,
          apiKey: config.sweegoApiKey,
          clientUuid: config.sweegoClientUuid,
        },
        outboundSecrets: config.outboundSecrets,
        log,
      }),
    ],
    settings,
    describe: describeBody,
    retain: { bodiesDays: config.retainBodiesDays, entriesDays: config.retainEntriesDays },
    holder,
    now,
    random: Math.random,
    sleep,
    log,
  });
  return { odoo, actions, settings, worker, holder };
}

/** Connects to Odoo as one user. */
export function connectOdoo(access: OdooAccess, timeoutMs: number): Odoo {
  const { transport, url, database, login, secret } = access;
  const connection = { url, database, secret, timeoutMs };
  return createOdoo(transport, login === undefined ? connection : { ...connection, login }, sendHttpRequest);
}

/** Resolves after this many milliseconds, or at once when the signal aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}
