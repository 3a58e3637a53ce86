import type { MessageTrace, RecipientTrace } from '../flows/delivery/trace-message.ts';
import type { EntrySummary } from '../inbox/inbox.ts';
import type { HistoryEvent } from '../odoo/message-state.ts';
import { entryToJson } from './inbox/entry.ts';
import { printableLine, printTable } from './printed-text.ts';

type Out = (line: string) => void;
type FormatTime = (at: Date | null) => string;

/** Prints each message with its recipients, replies and entries, oldest first, with times in this zone. */
export function printTraces(traces: readonly MessageTrace[], timeZone: string, out: Out): void {
  const time: FormatTime = (at) => (at === null ? '-' : printedTime(at, timeZone));
  for (const trace of traces) {
    printTrace(trace, time, out);
    out('');
  }
  out(`Times are in ${timeZone}.`);
}

function printTrace(
  { messageId, document, isGone, recipients, entries }: MessageTrace,
  time: FormatTime,
  out: Out,
) {
  const place = document === null ? '' : ` of ${document.model} ${document.id}`;
  out(printableLine(`Message ${messageId}${place}${isGone ? ' (deleted in Odoo)' : ''}`));
  const line = (event: HistoryEvent) => [
    '',
    time(event.at),
    event.type,
    event.reason ?? '',
    event.smtp_line ?? '',
    event.swg_uid ?? '',
  ];
  for (const { address, verdict, events, asked } of recipients) {
    out(printableLine(`${address}: ${verdictText(verdict, events.length > 0)}`));
    printTable(events.map(line), out);
    if (asked === undefined) continue;
    out(asked.length === 0 ? "  Sweego's log has no row of it." : "  Sweego's log says:");
    printTable(asked.map(line), out);
  }
  printEntries('Replies:', entries.filter(isReply), time, out);
  printEntries(
    'Events of it in the inbox:',
    entries.filter((entry) => !isReply(entry)),
    time,
    out,
  );
  if (entries.length > 0) out('  Details of an entry: sweego-odoo-bridge inbox show <number>');
}

function verdictText(verdict: RecipientTrace['verdict'], isKnownToSweego: boolean): string {
  if (verdict === 'failed in Odoo') {
    return `${isKnownToSweego ? '' : 'not sent: '}failed in Odoo, open the mail there to see why`;
  }
  if (verdict === 'cancelled in Odoo') return `${isKnownToSweego ? '' : 'not sent: '}cancelled in Odoo`;
  return verdict === 'no word yet' ? 'no word yet from Sweego' : verdict;
}

function isReply({ kind }: EntrySummary): boolean {
  return kind === 'inbound';
}

const kinds = { inbound: 'reply', outbound: 'event', log: 'row of the log' } as const;

function printEntries(heading: string, entries: readonly EntrySummary[], time: FormatTime, out: Out): void {
  if (entries.length === 0) return;
  out(heading);
  const rows = entries.map((entry) => [
    '',
    time(entry.receivedAt),
    kinds[entry.kind],
    `entry ${entry.id}`,
    entry.state,
    entry.reason,
    attemptsText(entry.attempts),
  ]);
  printTable(rows, out);
}

function attemptsText(attempts: number): string {
  return attempts === 0 ? '' : `${attempts} failed ${attempts === 1 ? 'attempt' : 'attempts'}`;
}

/** `2026-11-25 14:03:07 +01:00`: when clocks are set back, only the offset distinguishes the repeated hour. */
function printedTime(at: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  }).formatToParts(at);
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.find(({ type }) => type === name)?.value ?? '';
  // For UTC the offset is just `GMT`.
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00';
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  return `${date} ${part('hour')}:${part('minute')}:${part('second')} ${offset}`;
}

/** Programs depend on these names. */
export function traceToJson({ messageId, document, isGone, recipients, entries }: MessageTrace) {
  return {
    message_id: messageId,
    document,
    gone: isGone,
    recipients: recipients.map(({ address, verdict, events, asked }) => ({
      address,
      verdict,
      events: events.map(eventToJson),
      sweego: asked?.map(eventToJson) ?? null,
    })),
    entries: entries.map(entryToJson),
  };
}

function eventToJson(event: HistoryEvent) {
  const { type, at, swg_uid, transaction_id, reason, smtp_line: line } = event;
  return { type, at: at?.toISOString() ?? null, swg_uid, transaction_id, reason, line };
}
