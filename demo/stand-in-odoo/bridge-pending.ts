import { textOf } from './field.ts';
import type { Records, Values } from './records.ts';
import type { Row } from './store.ts';
import { undecidedMails } from './undecided-mails.ts';

/** The provisioned action `pending`: mails that wait for word from Sweego, page by page. */
export function bridgePending(records: Records, input: Values): unknown {
  const { store } = records;
  const limit = Math.min(Number(input['limit'] || 500), 1000);
  const [part, written] = (textOf(input['cursor']) || 'mails:0').split(':');
  const isUsed = records.search('ir.mail_server', [['x_sweego_enabled', '=', true]]).length > 0;
  const waiting = new Map<number, { createdAt: unknown; since: unknown }>();
  let next: string | false = false;
  let after = Number(written);
  const notifications = store.all('mail.notification').filter((row) => row['notification_type'] === 'email');
  if (isUsed && part === 'mails') {
    const mails = store
      .all('mail.mail')
      .filter(
        (mail) =>
          mail.id > after &&
          mail['x_sweego_relayed'] === true &&
          !mail['x_sweego_confirmed'] &&
          ['sent', 'exception'].includes(textOf(mail['state'])),
      )
      .slice(0, limit);
    const undecided = undecidedMails(
      records,
      mails.filter((mail) => mail['state'] === 'exception'),
    );
    for (const mail of mails) {
      const messageId = Number(mail['mail_message_id']);
      if (mail['state'] !== 'sent' && !undecided.has(mail.id)) continue;
      const message = store.find('mail.message', messageId);
      waiting.set(messageId, { createdAt: message?.['date'], since: message?.['date'] });
    }
    if (mails.length === limit) next = `mails:${mails.at(-1)?.id ?? 0}`;
    after = 0;
  }
  if (isUsed && next === false) {
    const found = notifications
      .filter((row) => row.id > after && !row['mail_mail_id'] && isUndecided(row))
      .filter((row) => textOf(messageOf(records, row)?.['reply_to']).includes('reply+'))
      .slice(0, limit);
    for (const row of found) {
      const date = messageOf(records, row)?.['date'];
      const messageId = Number(row['mail_message_id']);
      if (!waiting.has(messageId)) waiting.set(messageId, { createdAt: date, since: date });
    }
    if (found.length === limit) next = `notifications:${found.at(-1)?.id ?? 0}`;
  }
  const events = store.all('x_sweego_event');
  return {
    messages: [...waiting].flatMap(([id, { createdAt, since }]) => {
      const message = store.find('mail.message', id);
      if (textOf(message?.['message_id']) === '') return [];
      return {
        message_id: message?.['message_id'],
        created_at: createdAt,
        since,
        from_domain: /@([^@>\s]+)>?\s*$/.exec(textOf(message?.['email_from']))?.[1]?.toLowerCase() ?? false,
        events: events
          .filter((event) => event['x_message_id'] === message?.['message_id'])
          .map((event) => [
            event['x_swg_uid'] || false,
            textOf(event['x_type']),
            event['x_permanence'] || false,
          ]),
      };
    }),
    next,
  };
}

function isUndecided(row: Row): boolean {
  const status = row['x_sweego_status'] || false;
  if (status === 'soft_bounce') return true;
  return row['notification_status'] === 'sent' && (status === false || status === 'email_sent');
}

function messageOf({ store }: Records, row: Row): Row | undefined {
  return store.find('mail.message', Number(row['mail_message_id']));
}
