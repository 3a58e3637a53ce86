import { textOf } from '../records/field.ts';
import type { Records } from '../records/records.ts';
import type { Row } from '../records/store.ts';

/** The provisioned action `settings`: what the administrator typed into Odoo. */
export function settings(records: Records): unknown {
  const { store } = records;
  const parameter = (key: string) =>
    records.search('ir.config_parameter', [['key', '=', key]])[0]?.['value'] ?? false;
  const servers = records.search('ir.mail_server', [['x_sweego_enabled', '=', true]]);
  const [company] = store.all('res.company');
  return {
    provision_version: Number(parameter('sweego_bridge.provision_version')),
    // Archived ones too, last: replies to their mails still come.
    servers: [
      ...servers.filter((server) => server['active']),
      ...servers.filter((server) => !server['active']),
    ].map(serverSettings),
    alias_domains: store.all('mail.alias.domain').map(({ id, name }) => ({
      id,
      name,
      catchall_email: `catchall@${String(name)}`,
      bounce_email: `bounce@${String(name)}`,
    })),
    // The stand-in has no scheduled actions: only the trace of running one by hand is there.
    reconciliation: {
      is_on: true,
      every_minutes: 30,
      requested_at: parameter('sweego_bridge.reconcile_requested_at'),
    },
    api_key: parameter('mangono_sweego.api_key'),
    client_uuid: parameter('mangono_sweego.client_uuid'),
    failure_types: {
      mail: records.model('mail.mail').fields['failure_type']?.selection,
      notification: records.model('mail.notification').fields['failure_type']?.selection,
    },
    company_language: store.find('res.partner', Number(company?.['partner_id']))?.['lang'],
    languages: store.all('res.lang').map((language) => language['code']),
  };
}

function serverSettings(server: Row): unknown {
  const secrets = (...fields: string[]) =>
    fields.map((field) => textOf(server[field]).trim()).filter((secret) => secret !== '');
  return {
    id: server.id,
    name: server['name'],
    from_filter: server['from_filter'] ?? false,
    outbound_secrets: secrets('x_sweego_outbound_webhook_secret', 'x_sweego_previous_outbound_secret'),
    inbound_secrets: secrets('x_sweego_inbound_webhook_secret', 'x_sweego_previous_inbound_secret'),
    delete_on_sent: server['x_sweego_delete_on_sent'] === true,
    show_auto_replies: server['x_sweego_show_auto_replies'] === true,
    feed_blacklist: server['x_sweego_feed_blacklist'] === true,
    count_bounces: server['x_sweego_count_bounces'] === true,
  };
}
