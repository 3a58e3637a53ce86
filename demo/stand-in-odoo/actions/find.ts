import { textOf } from '../records/field.ts';
import type { Records, Values } from '../records/records.ts';
import { createRowFinder, eventsByMessageId } from './message-rows.ts';

/** The provisioned action `find`: the mailed messages of the document with this name, the newest first. */
export function find(records: Records, input: Values): unknown {
  const name = textOf(input['document']).trim();
  const events = eventsByMessageId(records);
  const rowsOf = createRowFinder(records);
  const found = records.store.all('mail.message').filter((message) => {
    const document = records.findDocument(message['model'], message['res_id']);
    const { mails, notifications } = rowsOf(message.id);
    const isMailed = mails.length + notifications.length > 0 || events.has(message['message_id']);
    return name !== '' && document?.['name'] === name && message['message_id'] && isMailed;
  });
  return { message_ids: found.reverse().map((message) => message['message_id']) };
}
