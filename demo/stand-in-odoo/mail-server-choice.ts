import { textOf } from './field.ts';
import type { Records } from './records.ts';
import type { Row } from './store.ts';

/**
 * The server Odoo would send this mail with: the one named on the message, else the first by sequence whose
 * from_filter matches the sender's address or domain, else the first without a filter, else the first.
 */
export function chooseMailServer(records: Records, message: Row): Row | undefined {
  if (typeof message['mail_server_id'] === 'number') {
    return records.store.find('ir.mail_server', message['mail_server_id']);
  }
  const servers = records.search('ir.mail_server', [['active', '=', true]], 'sequence, id');
  const sender = textOf(message['email_from']).toLowerCase();
  const address = /<([^<>]+)>/.exec(sender)?.[1] ?? sender;
  const domain = address.slice(address.lastIndexOf('@') + 1);
  return (
    servers.find((server) =>
      filterOf(server).some((part) => (part.includes('@') ? part === address : part === domain)),
    ) ??
    servers.find((server) => filterOf(server).length === 0) ??
    servers[0]
  );
}

function filterOf(server: Row): string[] {
  return textOf(server['from_filter'])
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
