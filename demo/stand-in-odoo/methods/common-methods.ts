import { StandInFault } from '../faults.ts';
import { createMail } from '../mails/mail-creation.ts';
import type { Values } from '../records/records.ts';
import type { Row } from '../records/store.ts';
import type { Method, MethodCall } from './method.ts';

/** The methods that every model has. */
export const commonMethods: Readonly<Record<string, Method>> = {
  create: {
    on: 'model',
    required: ['vals_list'],
    run: (call) => [call.args['vals_list']].flat().map((values) => createOne(call, values as Values).id),
  },
  read: {
    on: 'records',
    required: ['fields'],
    run: ({ records, model, ids, args }) => records.read(model, ids, args['fields'] as string[]),
  },
  write: {
    on: 'records',
    required: ['vals'],
    run({ records, model, ids, args }) {
      records.write(model, ids, args['vals'] as Values);
      return true;
    },
  },
  unlink: {
    on: 'records',
    run({ records, model, ids }) {
      records.unlink(model, ids);
      return true;
    },
  },
  search: {
    on: 'model',
    required: ['domain'],
    run: (call) => search(call),
  },
  search_count: {
    on: 'model',
    required: ['domain'],
    run: (call) => search(call).length,
  },
  search_read: {
    on: 'model',
    required: ['domain'],
    optional: ['fields', 'limit', 'order'],
    takesAnyKeyword: true,
    run(call) {
      const { limit, order = 'id', fields } = call.args;
      if (order !== 'id') throw new Error('The stand-in knows no order but that of the ids.');
      return call.records.read(
        call.model,
        search(call).slice(0, limit as number | undefined),
        fields as string[],
      );
    },
  },
};

function createOne({ records, partnerId, model }: MethodCall, values: Values): Row {
  if (model === 'mail.mail') return createMail(records, values, partnerId);
  const row = records.create(model, values);
  if (model === 'mail.notification') requireRecipient(row);
  if (model === 'sale.order') records.write(model, [row.id], { name: `S${String(row.id).padStart(5, '0')}` });
  return row;
}

/** The SQL CHECK `notification_partner_required` of mail.notification. */
function requireRecipient(row: Row): void {
  if (row['notification_type'] !== 'email' || row['failure_type']) return;
  if (row['res_partner_id'] || row['mail_email_address']) return;
  throw new StandInFault(
    'odoo.exceptions.ValidationError',
    'The operation cannot be completed: Customer or email is required for inbox / email notification',
  );
}

/** Archived records only where the domain or the context asks for them. */
function search({ records, model, args, context }: MethodCall): number[] {
  const { domain } = args;
  const hidesArchived =
    'active' in records.model(model).fields &&
    context['active_test'] !== false &&
    !JSON.stringify(domain).includes('"active"');
  return records
    .search(model, domain)
    .filter((row) => !hidesArchived || row['active'] !== false)
    .map(({ id }) => id);
}
