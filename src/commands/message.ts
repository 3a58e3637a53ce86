import { connectOdoo, sleep } from '../bridge/bridge-worker.ts';
import type { ServeConfig } from '../config.ts';
import { bridgeError } from '../errors.ts';
import { traceMessages } from '../flows/delivery/trace-message.ts';
import type { MessageTrace, TraceDeps } from '../flows/delivery/trace-message.ts';
import { openHttpRequest } from '../http-client.ts';
import { normalizeMessageId } from '../mail/message-id.ts';
import { createBridgeActions } from '../odoo/bridge-actions.ts';
import type { BridgeActions } from '../odoo/bridge-actions.ts';
import { requireLogApiKey } from '../sweego/api.ts';
import { readLogPages } from '../sweego/log-pages.ts';
import { withExistingInbox } from './inbox/entry.ts';
import type { InboxDeps } from './inbox/entry.ts';
import { printTraces, traceToJson } from './message-report.ts';
import { printableJson } from './printed-text.ts';

export type MessageOptions = {
  askSweego: boolean;
  json: boolean;
  /** IANA name of the zone that times are printed in. */
  timeZone: string;
};

const odooTimeoutMs = 30_000;
/** How far back Sweego's log is read for a recipient, milliseconds. */
const askedMs = 30 * 24 * 60 * 60_000;

/**
 * "Did the customer get it?" Prints every recipient, event, attempt and reply of a message, or of the messages of a
 * document, from Odoo's history and the inbox; with `askSweego` also from Sweego's log. Changes nothing, and does not
 * disturb a running `serve`.
 *
 * @param about a Message-Id, or the name of a document: S00042
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
    const sweego = options.askSweego ? await openSweego(config, actions, deps) : {};
    const traces = await withExistingInbox(config, (inbox) =>
      findTraces({ actions, inbox, ...sweego }, about),
    );
    if (traces.length === 0) {
      throw bridgeError('MESSAGE_UNKNOWN', 'Neither Odoo nor the inbox knows a mailed message by this text');
    }
    if (options.json) deps.out(printableJson({ messages: traces.map(traceToJson) }));
    else printTraces(traces, options.timeZone, deps.out);
  } finally {
    await odoo.close();
  }
}

/** Looks for a Message-Id first. The name of a document may look like one: `Question of ann@example.com`. */
async function findTraces(
  deps: TraceDeps & { actions: Pick<BridgeActions, 'findMessages'> },
  about: string,
): Promise<MessageTrace[]> {
  const messageId = about.includes('@') ? normalizeMessageId(about) : undefined;
  const traces = messageId === undefined ? [] : await traceMessages(deps, [messageId]);
  return traces.length > 0 ? traces : traceMessages(deps, await deps.actions.findMessages(about));
}

async function openSweego(
  config: ServeConfig,
  actions: BridgeActions,
  { now }: InboxDeps,
): Promise<Pick<TraceDeps, 'askSweego'>> {
  const apiKey = requireLogApiKey(config.sweegoApiKey ?? (await actions.settings()).api_key);
  const api = { url: config.sweegoApiUrl, apiKey };
  const readLog: NonNullable<TraceDeps['askSweego']>['readLog'] = (query) =>
    readLogPages({ openHttpRequest, sleep }, api, query, new AbortController().signal);
  return { askSweego: { readLog, from: new Date(now().getTime() - askedMs) } };
}
