import { createOrderMails } from '../../demo/order-mails.ts';
import type { OrderMails } from '../../demo/order-mails.ts';
import { startSmtpSink } from '../../demo/smtp-sink.ts';
import type { SmtpSink } from '../../demo/smtp-sink.ts';
import { startStandInOdoo } from '../../demo/stand-in-odoo/start-stand-in-odoo.ts';
import type { StandInOdoo } from '../../demo/stand-in-odoo/start-stand-in-odoo.ts';
import { sendHttpRequest } from '../../src/http-client.ts';
import { createOdoo } from '../../src/odoo/create-odoo.ts';
import type { Odoo } from '../../src/odoo/odoo.ts';

export type OpenStandIn = {
  standIn: StandInOdoo;
  sink: SmtpSink;
  admin: Odoo;
  bridge: Odoo;
  mails: OrderMails;
  close(): Promise<void>;
};

export const outboundSecret = Buffer.alloc(48, 'stand-in secret').toString('base64');

/** A stand-in Odoo whose mails go to a sink through a Sweego server that deletes them after delivery. */
export async function openStandIn(): Promise<OpenStandIn> {
  const sink = await startSmtpSink();
  const standIn = await startStandInOdoo();
  const { url, database } = standIn;
  const connect = (secret: string) =>
    createOdoo('json2', { url, database, secret, timeoutMs: 5_000 }, sendHttpRequest);
  const admin = connect(standIn.adminApiKey);
  const bridge = connect(standIn.bridgeApiKey);
  const mails = createOrderMails(admin);
  await mails.createMailServer({
    name: 'Sweego',
    smtp_host: '127.0.0.1',
    smtp_port: sink.port,
    x_sweego_enabled: true,
    x_sweego_outbound_webhook_secret: outboundSecret,
    x_sweego_delete_on_sent: true,
  });
  return {
    standIn,
    sink,
    admin,
    bridge,
    mails,
    close: async () => {
      await admin.close();
      await bridge.close();
      await standIn.close();
      await sink.close();
    },
  };
}
