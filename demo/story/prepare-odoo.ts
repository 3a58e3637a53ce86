import type { Odoo } from '../../src/odoo/odoo.ts';
import { createOrderMails } from '../order-mails.ts';
import type { Timeline } from './timeline.ts';

/** The domain for replies, if the company has none yet. */
const aliasDomain = 'reply.example.com';

export type Preparation = {
  admin: Odoo;
  timeline: Timeline;
  /** Mails from this domain leave through the Sweego server. */
  domain: string;
  smtpPort: number;
  outboundSecret: string;
  inboundSecret: string;
};

/**
 * Does what an administrator does in Odoo's settings before the first mail leaves through Sweego.
 *
 * @returns a function that archives the mail server again
 */
export async function prepareOdoo(preparation: Preparation): Promise<() => Promise<void>> {
  const { admin, timeline, domain, smtpPort, outboundSecret, inboundSecret } = preparation;
  const found = (await admin.call({
    model: 'mail.alias.domain',
    method: 'search_read',
    arguments: { domain: [], fields: ['name'], limit: 1 },
  })) as { name: string }[];
  if (found.length === 0) {
    // Odoo gives the first alias domain to every company.
    await admin.call({
      model: 'mail.alias.domain',
      method: 'create',
      arguments: { vals_list: [{ name: aliasDomain }] },
    });
  }
  timeline.show('alias domain', found[0]?.name ?? aliasDomain);

  const serverId = await createOrderMails(admin).createMailServer({
    name: 'Sweego (demo)',
    from_filter: domain,
    smtp_host: '127.0.0.1',
    smtp_port: smtpPort,
    smtp_encryption: 'none',
    x_sweego_enabled: true,
    x_sweego_outbound_webhook_secret: outboundSecret,
    x_sweego_inbound_webhook_secret: inboundSecret,
    x_sweego_delete_on_sent: true,
  });
  timeline.show('mail server', `for ${domain}: 127.0.0.1:${smtpPort}, deletes after delivery`);
  return async () => {
    await admin.call({
      model: 'ir.mail_server',
      method: 'write',
      ids: [serverId],
      arguments: { vals: { active: false } },
    });
  };
}
