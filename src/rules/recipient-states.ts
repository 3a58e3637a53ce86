import { parseDeliveryStatus, unknownState, type RecipientState } from './delivery-status.ts';

/** What is believed of each recipient of a mail that has no notifications, by normalised address. */
export type RecipientStates = ReadonlyMap<string, RecipientState>;

/**
 * Reads what `formatRecipientStates` wrote to `x_sweego_recipient_states`. Text that somebody altered into
 * something unreadable counts as nothing known: the next event writes it anew.
 */
export function parseRecipientStates(text: string | null): RecipientStates {
  const states = new Map<string, RecipientState>();
  for (const [address, value] of Object.entries(parseObject(text))) {
    if (typeof value !== 'object' || value === null) continue;
    const row = value as Readonly<Record<string, unknown>>;
    const status = textOf(row['status']);
    const at = textOf(row['at']);
    states.set(address, {
      ...unknownState,
      status: status === null ? null : (parseDeliveryStatus(status) ?? null),
      at: at === null || Number.isNaN(Date.parse(at)) ? null : new Date(at),
      uid: textOf(row['uid']),
      transactionId: textOf(row['transaction_id']),
      wireMessageId: textOf(row['message_id']),
    });
  }
  return states;
}

/** JSON with sorted addresses, so that the same knowledge is always the same text. */
export function formatRecipientStates(states: RecipientStates): string {
  const rows = [...states].sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify(
    Object.fromEntries(
      rows.map(([address, state]) => [
        address,
        {
          status: state.status,
          at: state.at?.toISOString() ?? null,
          uid: state.uid,
          transaction_id: state.transactionId,
          message_id: state.wireMessageId,
        },
      ]),
    ),
  );
}

function parseObject(text: string | null): object {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
