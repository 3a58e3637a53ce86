import type { Odoo } from '../../../src/odoo/odoo.ts';
import { readOutcomes } from './message-outcomes.ts';
import type { MarkedMessage, MessageOutcome } from './message-outcomes.ts';

/** What Odoo shows of messages and their recipients, in a form that is equal for another set of them. */
export type ComparableOutcomes = {
  messages: readonly MessageOutcome[];
  /** How often each recipient's address was counted as dead (`res.partner.message_bounce`). */
  bounces: readonly number[];
};

/**
 * Reads as the administrator. Recipients are those with an address of `domain`; their record ids are
 * replaced by their positions, and the domain by a fixed text.
 */
export async function readComparableOutcomes(
  admin: Odoo,
  messages: readonly MarkedMessage[],
  domain: string,
): Promise<ComparableOutcomes> {
  const partners = (await admin.call({
    model: 'res.partner',
    method: 'search_read',
    arguments: { domain: [['email', '=like', `%@${domain}`]], fields: ['message_bounce'], order: 'id' },
  })) as { id: number; message_bounce: number }[];
  const places = new Map(partners.map(({ id }, place) => [id, place]));
  const outcomes = await readOutcomes(admin, messages);
  return {
    messages: outcomes.map(({ notifications, mails, history }) => ({
      notifications: withoutIdsAndDomain(notifications, places, domain),
      mails: withoutIdsAndDomain(mails, places, domain),
      history: withoutIdsAndDomain(history, places, domain),
    })),
    bounces: partners.map(({ message_bounce }) => message_bounce),
  };
}

const partnerFields = ['res_partner_id', 'recipient_ids', 'partner_id'];

type Row = Readonly<Record<string, unknown>>;

function withoutIdsAndDomain(
  rows: readonly Row[],
  places: ReadonlyMap<number, number>,
  domain: string,
): Row[] {
  const placeOf = (value: unknown) => (typeof value === 'number' ? (places.get(value) ?? value) : value);
  const replace = (key: string, value: unknown): unknown => {
    if (!partnerFields.includes(key)) return value;
    return Array.isArray(value) ? value.map(placeOf) : placeOf(value);
  };
  return rows
    .map((row) => JSON.stringify(row, replace).replaceAll(domain, 'a domain'))
    .sort()
    .map((text) => JSON.parse(text) as Row);
}
