import { textOf } from '../records/field.ts';
import type { Records } from '../records/records.ts';
import type { Row } from '../records/store.ts';

/**
 * The server that Odoo sends this message with: the first one whose from_filter is the sender's domain, else the
 * first one without a filter, else the first one.
 */
export function chooseMailServer(records: Records, message: Row): Row | undefined {
  const servers = records.search('ir.mail_server', [['active', '=', true]]);
  const domain = /@([^>\s]+)>?$/.exec(textOf(message['email_from']))?.[1]?.toLowerCase();
  return (
    servers.find((server) => server['from_filter'] === domain) ??
    servers.find((server) => !server['from_filter']) ??
    servers[0]
  );
}
