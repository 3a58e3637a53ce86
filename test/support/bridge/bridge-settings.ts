import { provisionVersion } from '../../../src/odoo/bridge-actions.ts';
import type { BridgeSettings } from '../../../src/odoo/bridge-answers.ts';

/** The settings that Odoo returns for a database with one Sweego server and these outbound secrets. */
export function settingsWith(...outboundSecrets: string[]): BridgeSettings {
  const server = {
    id: 3,
    from_filter: null,
    outbound_secrets: outboundSecrets,
    inbound_secrets: [],
    show_auto_replies: false,
    feed_blacklist: false,
    count_bounces: false,
  };
  return {
    provision_version: provisionVersion,
    servers: [server],
    alias_domains: [],
    reconciliation: { is_on: true, every_minutes: 30, requested_at: null },
    api_key: 'api-key-of-sweego',
    client_uuid: null,
    failure_types: { mail: ['unknown'], notification: ['unknown'] },
    company_language: null,
  };
}
