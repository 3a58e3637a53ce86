import { textOf } from './field.ts';
import type { Records } from './records.ts';
import type { Row } from './store.ts';

/** The provisioned action `settings`: what the administrator typed into Odoo. */
export function bridgeSettings(records: Records): unknown {
  const parameter = (key: string) =>
    records.search('ir.config_parameter', [['key', '=', key]])[0]?.['value'] ?? false;
  const servers = records.search(
    'ir.mail_server',
    [
      ['x_sweego_enabled', '=', true],
      ['active', 'in', [true, false]],
    ],
    'active desc, sequence, id',
  );
  return {
    provision_version: Number(parameter('sweego_bridge.provision_version') || 0),
    servers: servers.map((server) => ({
      id: server.id,
      name: server['name'],
      from_filter: server['from_filter'] ?? false,
      outbound_secrets: textsOf(server, [
        'x_sweego_outbound_webhook_secret',
        'x_sweego_previous_outbound_secret',
      ]),
      inbound_secrets: textsOf(server, [
        'x_sweego_inbound_webhook_secret',
        'x_sweego_previous_inbound_secret',
      ]),
      delete_on_sent: server['x_sweego_delete_on_sent'] === true,
      show_auto_replies: server['x_sweego_show_auto_replies'] === true,
      feed_blacklist: server['x_sweego_feed_blacklist'] === true,
      count_bounces: server['x_sweego_count_bounces'] === true,
    })),
    alias_domains: records.read(
      'mail.alias.domain',
      records.search('mail.alias.domain', []).map((domain) => domain.id),
      ['name', 'catchall_email', 'bounce_email'],
    ),
    // Scheduled actions are not part of this stand-in, so what running one by hand leaves is all there is.
    reconciliation: {
      is_on: true,
      every_minutes: 30,
      requested_at: parameter('sweego_bridge.reconcile_requested_at'),
    },
    api_key: parameter('mangono_sweego.api_key'),
    client_uuid: parameter('mangono_sweego.client_uuid'),
    failure_types: {
      mail: selectionValues(records, 'mail.mail', 'failure_type'),
      notification: selectionValues(records, 'mail.notification', 'failure_type'),
    },
    company_language: companyLanguage(records),
    languages: records.search('res.lang', [['active', '=', true]]).map((language) => language['code']),
  };
}

/** That of the contact of `base.main_company`. */
function companyLanguage(records: Records): unknown {
  const [company] = records.search('res.company', []);
  const partner = records.store.find('res.partner', Number(company?.['partner_id']));
  return partner?.['lang'] ?? false;
}

function textsOf(row: Row, fields: readonly string[]): string[] {
  return fields.map((field) => textOf(row[field]).trim()).filter((text) => text !== '');
}

function selectionValues(records: Records, model: string, field: string): string[] {
  return (records.model(model).fields[field]?.selection ?? []).map(([value]) => value);
}
