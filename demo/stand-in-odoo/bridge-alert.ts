import { userError } from './faults.ts';
import { textOf } from './field.ts';
import type { Records, Values } from './records.ts';

/**
 * The provisioned action `alert`: an activity without a document for each parked reply.
 *
 * @throws StandInFault UserError without a key
 */
export function bridgeAlert(records: Records, input: Values, administratorId: number): unknown {
  const key = textOf(input['key']);
  if (key === '') throw userError('sweego_bridge: alert needs a key');
  const known = records.search('mail.activity', [
    ['x_sweego_key', '=', key],
    ['active', 'in', [true, false]],
  ]);
  if (input['close']) {
    const open = known.filter((activity) => activity['active'] === true).map((activity) => activity.id);
    records.write('mail.activity', open, { active: false });
    return { result: open.length > 0 ? 'closed' : 'absent' };
  }
  if (known.length > 0) return { result: 'known' };
  const escaped = textOf(input['note'])
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\n', '<br/>');
  records.create('mail.activity', {
    x_sweego_key: key,
    summary: textOf(input['summary']),
    note: `<p>${escaped}</p>`,
    user_id: chosenUser(records, input['server_id']) ?? administratorId,
  });
  return { result: 'opened' };
}

function chosenUser(records: Records, serverId: unknown): number | undefined {
  const servers = records.search(
    'ir.mail_server',
    [
      ['x_sweego_enabled', '=', true],
      ['active', '=', true],
    ],
    'sequence, id',
  );
  const named = servers.filter((server) => server.id === serverId);
  const users = [...named, ...servers].map((server) => Number(server['x_sweego_alert_user_id'] || 0));
  return users.find((user) => user > 0);
}
