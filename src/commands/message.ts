import type { ServeConfig } from '../config.ts';
import { BridgeError } from '../errors.ts';
import { traceMessages, type MessageTrace, type TraceDeps } from '../flows/trace-message.ts';
import { openHttpRequest } from '../http-client.ts';
import { createBridgeActions, type BridgeActions } from '../odoo/bridge-actions.ts';
import { normalizeMessageId } from '../rules/message-id.ts';
import type { HistoryEvent } from '../rules/message-state.ts';
import { readLogPages } from '../sweego/log-pages.ts';
import { connectOdoo, sleep } from './bridge-worker.ts';
import { entryToJson, withExistingInbox, type InboxDeps } from './inbox-entry.ts';
import { printableJson, printableLine, printTable } from './printed-text.ts';

export type MessageOptions = {
  askSweego: boolean;
  json: boolean;
  /** IANA name of the zone that times are printed in. */
  timeZone: string;
};

const odooTimeoutMs = 30_000;
/** How far back Sweego is asked about a recipient, milliseconds. */
const askedMs = 30 * 24 * 60 * 60_000;

/**
 * "Did the customer get it?" Prints every recipient, event, attempt and reply of a message, or of the messages of a
 * document, from Odoo's history and the inbox; with `askSweego` also what Sweego's log says now. A running `serve`
 * is not disturbed, and nothing is changed.
 *
 * @param about a Message-Id, or a document as users know it: S00042
 * @throws BridgeError MESSAGE_UNKNOWN, ODOO_*, INBOX_*, SWEEGO_*
 */
export async function runMessage(
  config: ServeConfig,
  about: string,
  options: MessageOptions,
  deps: InboxDeps,
): Promise<void> {
  const odoo = connectOdoo(config.odoo, odooTimeoutMs);
  try {
    const actions = createBridgeActions(odoo);
    const messageId = about.includes('@') ? normalizeMessageId(about) : undefined;
    const sweego = options.askSweego ? await openSweego(config, actions, deps) : {};
    const traces = await withExistingInbox(config, async (inbox) => {
      const trace = (ids: readonly string[]) => traceMessages({ actions, inbox, ...sweego }, ids);
      const byId = messageId === undefined ? [] : await trace([messageId]);
      // A document's name may hold an address.
      return byId.length > 0 ? byId : trace(await actions.findMessages(about));
    });
    if (traces.length === 0) throw unknown();
    if (options.json) deps.out(printableJson({ messages: traces.map(toJson) }));
    else for (const trace of traces) printTrace(trace, options, deps.out);
  } finally {
    await odoo.close();
  }
}

async function openSweego(
  config: ServeConfig,
  actions: BridgeActions,
  { now }: InboxDeps,
): Promise<Pick<TraceDeps, 'askSweego'>> {
  const apiKey = config.sweegoApiKey ?? (await actions.settings()).api_key;
  if (apiKey === null) {
    throw new BridgeError(
      'SWEEGO_API_KEY_MISSING',
      "Sweego's log cannot be read without an API key. Enter one in Odoo's settings, or set SWEEGO_API_KEY.",
      { retry: 'later', scope: 'sweego', cause: undefined },
    );
  }
  const api = { url: config.sweegoApiUrl, apiKey };
  const readLog: NonNullable<TraceDeps['askSweego']>['readLog'] = (query) =>
    readLogPages({ openHttpRequest, sleep }, api, query, new AbortController().signal);
  return { askSweego: { readLog, from: new Date(now().getTime() - askedMs) } };
}

function printTrace(trace: MessageTrace, { timeZone }: MessageOptions, out: InboxDeps['out']): void {
  const time = (at: Date | null) => (at === null ? '-' : printedTime(at, timeZone));
  const { document } = trace;
  const place = document === null ? '' : ` of ${document.model} ${document.id}`;
  out(printableLine(`Message ${trace.messageId}${place}${trace.isGone ? ' (gone from Odoo)' : ''}`));
  const line = (event: HistoryEvent) => [
    '',
    time(event.at),
    event.type,
    event.reason ?? '',
    event.line ?? '',
    event.swg_uid ?? '',
  ];
  for (const { address, verdict, events, asked } of trace.recipients) {
    out(printableLine(`${address}: ${verdict}`));
    printTable(events.map(line), out);
    if (asked === undefined) continue;
    out(asked.length === 0 ? "  Sweego's log has nothing of it." : "  Sweego's log says:");
    printTable(asked.map(line), out);
  }
  if (trace.entries.length > 0) {
    out('In the inbox:');
    const rows = trace.entries.map((entry) => [
      '',
      time(entry.receivedAt),
      entry.direction === 'inbound' ? 'reply' : entry.direction,
      `entry ${entry.id}`,
      entry.state,
      `${entry.attempts} failed attempts`,
      entry.reason,
    ]);
    printTable(rows, out);
  }
  out(`Times are those of ${timeZone}.`);
  out('');
}

/** `2026-11-25 14:03:07 +01:00`: in one night of the year an hour comes twice. */
function printedTime(at: Date, timeZone: string): string {
  const digits = {
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  } as const;
  // Swedish writes dates and times like ISO 8601.
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    ...digits,
    timeZoneName: 'longOffset',
  });
  return format
    .format(at)
    .replace(/GMT$/, '+00:00')
    .replace(/GMT|UTC/, '')
    .replace('\u2212', '-');
}

/** Programs depend on these names. */
function toJson({ messageId, document, isGone, recipients, entries }: MessageTrace) {
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
  const { type, at, swg_uid, transaction_id, reason, line } = event;
  return { type, at: at?.toISOString() ?? null, swg_uid, transaction_id, reason, line };
}

function unknown(): BridgeError {
  return new BridgeError(
    'MESSAGE_UNKNOWN',
    'Neither Odoo nor the inbox knows a mailed message by this. Give a Message-Id, or the exact name of a document such as S00042.',
    { retry: 'never', scope: 'bridge', cause: undefined },
  );
}
