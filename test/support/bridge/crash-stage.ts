import { sendHttpRequest } from '../../../src/http-client.ts';
import type { Inbox } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import type { Odoo } from '../../../src/odoo/odoo.ts';
import { findFreePort } from '../free-port.ts';
import { finishInbox, listInbox } from '../inbox/inbox-listing.ts';
import type { ListedEntry } from '../inbox/inbox-listing.ts';
import type { InboxPlace } from '../inbox/inbox-places.ts';
import type { MixedEvents, Webhook } from '../mails/mixed-events.ts';
import { sendWebhooks } from '../mails/webhook-sender.ts';
import type { Sent } from '../mails/webhook-sender.ts';
import { outboundSecret } from '../odoo/bridged-odoo.ts';
import { readComparableOutcomes } from '../odoo/comparable-outcomes.ts';
import type { ComparableOutcomes } from '../odoo/comparable-outcomes.ts';
import { createMessageMaker } from '../odoo/marked-messages.ts';
import { openOdooGate } from '../odoo/odoo-gate.ts';
import type { OdooGate } from '../odoo/odoo-gate.ts';
import { openRealDatabase } from '../odoo/real-odoo.ts';
import type { ProvisionedDatabase } from '../odoo/real-odoo.ts';
import { startBridge } from './bridge-process.ts';
import type { BridgeProcess } from './bridge-process.ts';

/** A database of the real Odoo that several bridges use at once, each for messages and people of its own. */
export type CrashStage = {
  odoo: ProvisionedDatabase;
  admin: Odoo;
  openScene(options: SceneOptions): Promise<CrashScene>;
  close(): Promise<void>;
};

export type SceneOptions = {
  place: InboxPlace;
  events: MixedEvents;
  /** Unique among all scenes; part of every address and Message-Id. */
  name: string;
  /** An Odoo server for the same database, instead of the stage's. */
  odooUrl?: string;
};

/** A bridge that may be killed, on one inbox, with a set of webhooks to be sent to it. */
export type CrashScene = {
  /** Of the bridge, without trailing slash. */
  url: string;
  gate: OdooGate;
  webhooks: readonly Webhook[];
  environment: Readonly<Record<string, string>>;
  databaseUrl: string;
  /** Starts the bridge, on the same inbox and port each time; resolves when it is healthy. */
  start(): Promise<void>;
  /** Sends SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** What `/readyz` answers. */
  readiness: () => Promise<{ status: number; odoo: string }>;
  /** What is in the inbox, as the program's `inbox list` prints it. */
  entries(): Promise<readonly ListedEntry[]>;
  /** Sends all webhooks, 20 at once, and repeats each one until it gets a 200. */
  send(options?: { onAccepted?: (count: number) => void }): Promise<Sent[]>;
  /** What Odoo shows now. */
  outcomes(): Promise<ComparableOutcomes>;
  /** Waits until no work is left, and returns how it ended. */
  finish(): Promise<{ outcomes: ComparableOutcomes; entries: readonly ListedEntry[] }>;
  close(): Promise<void>;
};

export async function openCrashStage(): Promise<CrashStage> {
  const odoo = await openRealDatabase({ template: 'provisioned' });
  const { url, database, adminApiKey } = odoo;
  const admin = createOdoo(
    'json2',
    { url, database, secret: adminApiKey, timeoutMs: 60_000 },
    sendHttpRequest,
  );
  await odoo.administrator.call('ir.mail_server', 'create', [
    [
      {
        name: 'Sweego',
        smtp_host: '127.0.0.1',
        x_sweego_enabled: true,
        x_sweego_outbound_webhook_secret: outboundSecret,
        x_sweego_delete_on_sent: true,
        // An event that is applied twice is counted twice.
        x_sweego_count_bounces: true,
      },
    ],
  ]);
  return {
    odoo,
    admin,
    openScene: (options) => openScene(odoo, admin, options),
    async close() {
      await admin.close();
      await odoo.close();
    },
  };
}

async function openScene(
  odoo: ProvisionedDatabase,
  admin: Odoo,
  { place, events, name, odooUrl = odoo.url }: SceneOptions,
): Promise<CrashScene> {
  const domain = `${name}.example.com`;
  const messages = await (await createMessageMaker(admin, domain))(events.wanted);
  const webhooks = events.webhooksOf(messages);
  const gate = await openOdooGate(odooUrl);
  const port = await findFreePort();
  const environment = {
    ODOO_URL: gate.url,
    ODOO_DATABASE: odoo.database,
    ODOO_API_KEY: odoo.bridgeApiKey,
    PORT: String(port),
    DATABASE_URL: place.databaseUrl,
  };
  const url = `http://127.0.0.1:${port}`;
  let bridge: BridgeProcess | undefined;
  let inbox: Inbox | undefined;
  const entries = async () => (await listInbox(place.databaseUrl)).entries;
  const outcomes = () => readComparableOutcomes(admin, messages, domain);
  return {
    url,
    gate,
    webhooks,
    environment,
    databaseUrl: place.databaseUrl,
    async start() {
      bridge = await startBridge(environment);
    },
    async kill() {
      await bridge?.kill();
    },
    async readiness() {
      const response = await fetch(`${url}/readyz`);
      const body = (await response.json()) as { odoo: { state: string } };
      return { status: response.status, odoo: body.odoo.state };
    },
    entries,
    send: (options = {}) =>
      sendWebhooks(webhooks, { urls: [url], secret: outboundSecret, concurrency: 20, ...options }),
    outcomes,
    async finish() {
      inbox ??= await openInbox(place.databaseUrl);
      await finishInbox(inbox, 90_000);
      return { outcomes: await outcomes(), entries: await entries() };
    },
    async close() {
      await bridge?.stop();
      await inbox?.close();
      await gate.close();
      await place.remove();
    },
  };
}

/** Uses a scene and closes it, also after an error. */
export async function closingAfterwards<Result>(
  scene: CrashScene,
  use: () => Promise<Result>,
): Promise<Result> {
  try {
    return await use();
  } finally {
    await scene.close();
  }
}
