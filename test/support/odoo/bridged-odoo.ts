import { startSmtpSink } from '../../../demo/smtp-sink.ts';
import type { SmtpSink } from '../../../demo/smtp-sink.ts';
import { startStandInSweego } from '../../../demo/stand-in-sweego.ts';
import type { StandInSweego } from '../../../demo/stand-in-sweego.ts';
import { startBridge } from '../bridge/bridge-process.ts';
import type { BridgeProcess } from '../bridge/bridge-process.ts';
import { findFreePort } from '../free-port.ts';
import { createTemporaryPath } from '../inbox/sqlite-databases.ts';
import { openRealDatabase } from './real-odoo.ts';
import type { ProvisionedDatabase } from './real-odoo.ts';

/** Base64 of 48 bytes, as Sweego issues them. */
export const outboundSecret = Buffer.from('outbound'.repeat(6)).toString('base64');
export const inboundSecret = Buffer.from('inbound!'.repeat(6)).toString('base64');

/** A real Odoo whose mail goes to a sink that stands for Sweego, with the built bridge beside it. */
export type BridgedOdoo = {
  odoo: ProvisionedDatabase;
  sink: SmtpSink;
  sweego: StandInSweego;
  bridge: BridgeProcess;
  /** What the bridge is started with. */
  environment: Readonly<Record<string, string>>;
  /** ir.mail_server id of the Sweego server. */
  serverId: number;
  /** Creates partners with these addresses; their ids in order. */
  createPartners(addresses: readonly string[]): Promise<number[]>;
  /** Creates a sale order of a partner. */
  createOrder(partnerId: number): Promise<{ id: number; name: string }>;
  /** Posts on an order, as a salesperson does: Odoo sends the mail inside this call. */
  post(orderId: number, partnerIds: readonly number[], options?: Record<string, unknown>): Promise<number>;
  /** The administrator's calls. */
  call: (...words: Parameters<ProvisionedDatabase['administrator']['call']>) => Promise<unknown>;
  search: (model: string, domain: readonly unknown[], fields: readonly string[]) => Promise<Row[]>;
  create: (model: string, values: Readonly<Record<string, unknown>>) => Promise<number>;
  /** Stops the bridge and starts it again on the same inbox, so that it knows changed settings at once. */
  restart(): Promise<void>;
  close(): Promise<void>;
};

export type Row = { id: number } & Record<string, unknown>;

/** The alias domain of the test company. */
export const aliasDomain = 'reply.example.com';

/**
 * Opens a database, a sink, a stand-in Sweego and the built bridge between them.
 *
 * @param environment more variables for the bridge, or replacements for its usual ones
 */
export async function openBridgedOdoo(
  environment: (
    odoo: ProvisionedDatabase,
  ) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>> = () => ({}),
): Promise<BridgedOdoo> {
  const odoo = await openRealDatabase({ template: 'provisioned' });
  const sink = await startSmtpSink();
  const call: BridgedOdoo['call'] = (...words) => odoo.administrator.call(...words);
  const create = async (model: string, values: Record<string, unknown>): Promise<number> => {
    const [id] = (await call(model, 'create', [[values]])) as number[];
    return id ?? 0;
  };
  await create('mail.alias.domain', { name: aliasDomain });
  const serverId = await create('ir.mail_server', {
    name: 'Sweego',
    smtp_host: '127.0.0.1',
    smtp_port: sink.port,
    smtp_encryption: 'none',
    sequence: 1,
    x_sweego_enabled: true,
    x_sweego_outbound_webhook_secret: outboundSecret,
    x_sweego_inbound_webhook_secret: inboundSecret,
    x_sweego_delete_on_sent: true,
  });
  const inbox = createTemporaryPath();
  const port = String(await findFreePort());
  const webhooks = `http://127.0.0.1:${port}/sweego/webhook`;
  const sweego = await startStandInSweego({
    secret: outboundSecret,
    webhookUrl: `${webhooks}/outbound`,
    inbound: { secret: inboundSecret, webhookUrl: `${webhooks}/inbound` },
    smtp: sink,
  });
  const variables = {
    ODOO_URL: odoo.url,
    ODOO_DATABASE: odoo.database,
    ODOO_API_KEY: odoo.bridgeApiKey,
    PORT: port,
    DATABASE_URL: `file:${inbox.path}`,
    SWEEGO_API_URL: sweego.api.url,
    SWEEGO_API_KEY: sweego.api.apiKey,
    SWEEGO_CLIENT_UUID: sweego.api.clientUuid,
    ...(await environment(odoo)),
  };
  const bridge = await startBridge(variables);
  const bridged: BridgedOdoo = {
    odoo,
    sink,
    sweego,
    bridge,
    environment: variables,
    serverId,
    call,
    create,
    async createPartners(addresses) {
      const partners = addresses.map((email) => ({ name: email.split('@')[0], email }));
      return (await call('res.partner', 'create', [partners])) as number[];
    },
    async createOrder(partnerId) {
      const id = await create('sale.order', { partner_id: partnerId });
      const [order] = (await call('sale.order', 'read', [[id], ['name']])) as Row[];
      return { id, name: String(order?.['name']) };
    },
    async post(orderId, partnerIds, options = {}) {
      const answer = await call('sale.order', 'message_post', [[orderId]], {
        body: 'Here is your quotation.',
        message_type: 'comment',
        subtype_xmlid: 'mail.mt_comment',
        partner_ids: partnerIds,
        ...options,
      });
      return Array.isArray(answer) ? Number(answer[0]) : Number(answer);
    },
    async search(model, domain, fields) {
      return (await call(model, 'search_read', [domain, fields], { order: 'id' })) as Row[];
    },
    async restart() {
      await bridged.bridge.stop();
      bridged.bridge = await startBridge(variables);
    },
    async close() {
      await bridged.bridge.stop();
      await sweego.close();
      await sink.close();
      await odoo.close();
      inbox.remove();
    },
  };
  return bridged;
}

/**
 * Reads until `isRight` holds, and returns what was read then.
 *
 * @throws Error with what was read last when it does not hold in time
 */
export async function eventually<T>(
  read: () => Promise<T>,
  isRight: (value: T) => boolean,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (isRight(value)) return value;
    if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs} ms; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
