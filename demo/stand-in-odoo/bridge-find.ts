import { textOf } from './field.ts';
import type { Records, Values } from './records.ts';

/** The provisioned action `find`: which mailed messages the document of this name has, the newest first. */
export function bridgeFind(records: Records, input: Values): unknown {
  const name = textOf(input['document']).trim();
  const { store } = records;
  const isMailed = (id: number) =>
    store.all('mail.mail').some((mail) => mail['mail_message_id'] === id) ||
    store
      .all('mail.notification')
      .some((row) => row['mail_message_id'] === id && row['notification_type'] === 'email');
  const messages = store
    .all('mail.message')
    .filter((message) => {
      const model = textOf(message['model']);
      const document = records.hasModel(model) ? store.find(model, Number(message['res_id'])) : undefined;
      return name !== '' && document?.['name'] === name && message['message_id'] && isMailed(message.id);
    })
    .reverse();
  return { message_ids: messages.slice(0, 50).map((message) => message['message_id']) };
}
