import type { BridgeConfig } from '../../config.ts';
import { BridgeError, bridgeError } from '../../errors.ts';
import type { Entry, Transition } from '../../inbox/inbox.ts';
import { parseLogRow } from '../../sweego/log-row.ts';
import { parseOutboundEvent } from '../../sweego/outbound-event.ts';
import { printableJson, printableText, printTable } from '../printed-text.ts';
import { ageOf, entryToJson, withExistingInbox } from './entry.ts';
import type { InboxDeps } from './entry.ts';

export type InboxShowOptions = { json: boolean; body: boolean };

/**
 * Prints one entry and its history. Prints the body only on request, because it contains addresses and texts.
 *
 * @throws BridgeError INBOX_ENTRY_UNKNOWN, INBOX_FILE_MISSING, INBOX_*
 */
export async function runInboxShow(
  config: BridgeConfig,
  id: number,
  options: InboxShowOptions,
  deps: InboxDeps,
) {
  const { entry, history, files } = await withExistingInbox(config, async (inbox) => {
    const found = await inbox.find(id);
    if (found === undefined) {
      throw bridgeError('INBOX_ENTRY_UNKNOWN', `The inbox has no entry ${id}`, { details: { entry: id } });
    }
    return { entry: found, history: await inbox.history(id), files: await inbox.files(id) };
  });
  const event = eventTypeOf(entry);
  const body = new TextDecoder().decode(entry.body);
  if (options.json) {
    const shown = {
      ...entryToJson(entry),
      event: event ?? null,
      files: files.length,
      history: history.map(transitionToJson),
    };
    deps.out(printableJson(options.body ? { ...shown, body } : shown));
    return;
  }
  const position = entry.position === null ? '' : `, element ${entry.position}`;
  const size = entry.isErased ? 'erased' : `${entry.body.byteLength} bytes`;
  printTable(
    [
      ['entry', String(entry.id)],
      ['kind', entry.kind],
      ['event', event ?? (entry.isErased ? '-' : 'unrecognised')],
      ['state', entry.state],
      ['reason', entry.reason],
      ['attempts', `${entry.attempts} (waited ${entry.waits} times)`],
      ['received', `${entry.receivedAt.toISOString()} (${ageOf(entry.receivedAt, deps.now())} ago)`],
      ['due', entry.dueAt?.toISOString() ?? '-'],
      ['body', files.length === 0 ? size : `${size}, and ${files.length} files`],
      [
        'webhook',
        `${entry.requestKey} (request ${entry.requestId}${position}), signed with ${entry.secretId}`,
      ],
    ],
    deps.out,
  );
  deps.out('');
  printTable(
    history.map(({ at, state, reason }) => [at.toISOString(), state, reason]),
    deps.out,
  );
  if (options.body && !entry.isErased) deps.out(`\n${printableText(body)}`);
}

function eventTypeOf(entry: Pick<Entry, 'kind' | 'body'>): string | undefined {
  try {
    if (entry.kind === 'log') return parseLogRow(entry.body).at(-1)?.type;
    return parseOutboundEvent(entry.body).type;
  } catch (error) {
    if (error instanceof BridgeError) return undefined;
    throw error;
  }
}

function transitionToJson({ at, state, outcome, code, target, reason }: Transition) {
  return { at: at.toISOString(), state, outcome, code, target, reason };
}
