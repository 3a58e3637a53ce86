import { textOf } from '../records/field.ts';
import type { Records, Values } from '../records/records.ts';

/**
 * The provisioned action `alert`: an activity without a document for each parked reply. It is for the user who
 * provisioned the bridge, since no mail server of the stand-in names another one.
 */
export function alert(records: Records, input: Values, administratorId: number): unknown {
  const key = textOf(input['key']);
  const known = records.search('mail.activity', [['x_sweego_key', '=', key]]);
  if (input['close']) {
    const open = known.filter((activity) => activity['active']).map(({ id }) => id);
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
    summary: input['summary'],
    note: `<p>${escaped}</p>`,
    user_id: administratorId,
  });
  return { result: 'opened' };
}
