import type { IncomingMessage } from 'node:http';
import type { SinkMail } from './smtp-sink.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * The row of Sweego's log about one submission (learn.sweego.io, log-logs-swg-uid-get). As at Sweego, its dates have
 * a space and no zone.
 */
export function sweegoLogRow(options: {
  mail: SinkMail;
  uid: string;
  transactionId: string;
  /** `delivered`, `undelivered`, `opened-human`, … */
  status: string;
  at: Date;
  bounceType?: 'hard' | 'soft' | null;
  smtpAnswer?: string;
}): Row {
  const { mail, uid, transactionId, status, at, bounceType = null, smtpAnswer } = options;
  return {
    swg_uid: uid,
    status,
    transaction_id: transactionId,
    channel: 'email',
    campaign_id: 'default',
    dry_run: false,
    email_creation: written(mail.receivedAt),
    email_last_update: written(at),
    subject: mail.subject,
    email_from: mail.headers['from'] ?? '',
    email_to: mail.recipient,
    domain_from: /@([^\s<>"]+)/.exec(mail.headers['from'] ?? '')?.[1]?.toLowerCase() ?? '',
    headers: Object.fromEntries(Object.entries(mail.headers).filter(([name]) => name.startsWith('x-'))),
    bounce_type: bounceType,
    email_state: /^\d{3}(?: \d\.\d{1,3}\.\d{1,3})?/.exec(smtpAnswer ?? '')?.[0] ?? '',
    bounced: smtpAnswer ?? '',
  };
}

function written(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ');
}

/**
 * Answers `POST /logs/` like Sweego: for whole days (UTC), in pages of at most 500, and with 422 when a domain has no
 * row in the period. Rows are about outgoing mails (`email_creation`) or received ones (`receipt_dt`).
 */
export async function answerLogQuery(
  request: IncomingMessage,
  json: (status: number, body: unknown) => void,
  rows: readonly Row[],
): Promise<void> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  if (!/^\/logs\/?$/.test(request.url ?? '')) return json(404, { detail: 'Not Found' });
  const query = JSON.parse(text) as Row;
  const size = Number(query['size'] ?? 50);
  if (size < 1 || size > 500) return json(422, { detail: [{ loc: ['body', 'size'], msg: 'out of range' }] });
  const found = rows.filter((row) => isAskedFor(row, query));
  if (found.length === 0) return json(422, { detail: 'No logs found' });
  const offset = Number(query['offset'] ?? 0);
  const result = found.slice(offset, offset + size);
  return json(200, {
    state: true,
    result,
    nb_result: result.length,
    nb_result_without_offset: found.length,
  });
}

function isAskedFor(row: Row, query: Row): boolean {
  const isInbound = query['channel'] === 'email_inbound';
  const written = row[isInbound ? 'receipt_dt' : 'email_creation'] as string | undefined;
  const day = written?.slice(0, 10) ?? '';
  const word = query['search_word'];
  const domains = query['domains'] as readonly string[] | undefined;
  return (
    day !== '' &&
    (word === undefined || row['email_to'] === word || row['swg_uid'] === word) &&
    day >= (query['start_date'] as string) &&
    day <= ((query['end_date'] as string | undefined) ?? day) &&
    (isInbound || domains === undefined || domains.includes(String(row['domain_from'])))
  );
}
