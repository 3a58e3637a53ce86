import type { BridgeConfig } from '../config.ts';
import { BridgeError } from '../errors.ts';
import type { Direction, EntryState, EntrySummary, Inbox, Transition } from '../inbox/inbox.ts';
import { openInbox } from '../inbox/open.ts';
import { parseOutboundEvent } from '../sweego/outbound-event.ts';

export type InboxListOptions = {
  states?: readonly EntryState[];
  directions?: readonly Direction[];
  limit?: number;
  json: boolean;
};
export type InboxShowOptions = { json: boolean; body: boolean };
export type InboxDeps = { now: () => Date; out: (line: string) => void };

/**
 * Prints entries, newest first, without their bodies. A running `serve` is not disturbed.
 *
 * @throws BridgeError INBOX_*
 */
export async function runInboxList(config: BridgeConfig, options: InboxListOptions, deps: InboxDeps) {
  const { json, ...filter } = options;
  const { entries, status } = await withInbox(config, async (inbox) => ({
    entries: await inbox.list(filter),
    status: await inbox.status(),
  }));
  if (json) {
    deps.out(
      JSON.stringify({ unclaimed: status.unclaimed, states: status.states, entries: entries.map(toJson) }),
    );
    return;
  }
  const rows = entries.map((entry) => [
    String(entry.id),
    entry.direction,
    entry.state,
    String(entry.attempts),
    age(entry.receivedAt, deps.now()),
    entry.reason,
  ]);
  if (rows.length > 0) printTable([['ID', 'KIND', 'STATE', 'ATTEMPTS', 'AGE', 'REASON'], ...rows], deps.out);
  const counts = Object.entries(status.states).map(([state, count]) => `${count} ${state}`);
  deps.out(`${entries.length} shown. ${status.unclaimed} not yet looked at, ${counts.join(', ')}.`);
}

/**
 * Prints one entry and its history; the body only when asked for, since it holds addresses and texts.
 *
 * @throws BridgeError INBOX_ENTRY_UNKNOWN, INBOX_*
 */
export async function runInboxShow(
  config: BridgeConfig,
  id: number,
  options: InboxShowOptions,
  deps: InboxDeps,
) {
  const { entry, history } = await withInbox(config, async (inbox) => {
    const found = await inbox.find(id);
    if (found === undefined) throw unknownEntry(id);
    return { entry: found, history: await inbox.history(id) };
  });
  const event = eventTypeOf(entry);
  const body = new TextDecoder().decode(entry.body);
  if (options.json) {
    const told = { ...toJson(entry), event: event ?? null, history: history.map(transitionToJson) };
    deps.out(JSON.stringify(options.body ? { ...told, body } : told));
    return;
  }
  const position = entry.position === null ? '' : `, element ${entry.position}`;
  printTable(
    [
      ['entry', String(entry.id)],
      ['kind', entry.direction],
      ['event', event ?? 'unrecognised'],
      ['state', entry.state],
      ['reason', entry.reason],
      ['attempts', `${entry.attempts} (put back ${entry.waits} times)`],
      ['received', `${entry.receivedAt.toISOString()} (${age(entry.receivedAt, deps.now())} ago)`],
      ['due', entry.dueAt?.toISOString() ?? '-'],
      [
        'webhook',
        `${entry.webhookId} (request ${entry.requestId}${position}), signed with ${entry.secretId}`,
      ],
    ],
    deps.out,
  );
  deps.out('');
  printTable(
    history.map(({ at, state, reason }) => [at.toISOString(), state, reason]),
    deps.out,
  );
  if (options.body) deps.out(`\n${printable(body)}`);
}

async function withInbox<Result>(
  config: BridgeConfig,
  use: (inbox: Inbox) => Promise<Result>,
): Promise<Result> {
  const inbox = await openInbox(config.databaseUrl);
  try {
    return await use(inbox);
  } finally {
    await inbox.close();
  }
}

function eventTypeOf(entry: { body: Uint8Array }): string | undefined {
  try {
    return printable(parseOutboundEvent(entry.body).type);
  } catch (error) {
    if (error instanceof BridgeError) return undefined;
    throw error;
  }
}

function toJson(entry: EntrySummary) {
  return {
    id: entry.id,
    kind: entry.direction,
    state: entry.state,
    reason: entry.reason,
    attempts: entry.attempts,
    waits: entry.waits,
    received_at: entry.receivedAt.toISOString(),
    due_at: entry.dueAt?.toISOString() ?? null,
    webhook_id: entry.webhookId,
    request: entry.requestId,
    position: entry.position,
    signed_with: entry.secretId,
  };
}

function transitionToJson({ at, state, reason }: Transition) {
  return { at: at.toISOString(), state, reason };
}

function age(from: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - from.getTime()) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}

function printTable(rows: readonly (readonly string[])[], out: (line: string) => void): void {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  for (const row of rows) {
    out(
      row
        .map((cell, index) => printable(cell).padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** Bodies are foreign: without this they could steer the terminal. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\uFFFD');
}

function unknownEntry(id: number): BridgeError {
  return new BridgeError(
    'INBOX_ENTRY_UNKNOWN',
    `The inbox has no entry ${id}. See which it has with: sweego-odoo-bridge inbox list`,
    { retry: 'never', scope: 'bridge', cause: undefined, details: { entry: id } },
  );
}
