import { isAllowed, passesRules, requireAccess } from './caller.ts';
import type { Operation } from './caller.ts';
import { valueError } from './faults.ts';
import { createMail } from './mail-creation.ts';
import { unlinkMails } from './mail-sending.ts';
import type { Method, MethodCall } from './method.ts';
import { StandInFault } from './protocol.ts';
import type { Values } from './records.ts';
import type { Row } from './store.ts';

/** The methods that every model has. */
export const commonMethods: Readonly<Record<string, Method>> = {
  create: {
    on: 'model',
    required: ['vals_list'],
    run(call) {
      requireAccess(call.records, call.caller, call.model, 'create', []);
      const list = call.args['vals_list'];
      return (Array.isArray(list) ? (list as Values[]) : [list as Values]).map(
        (values) => createOne(call, values).id,
      );
    },
  },
  read: {
    on: 'records',
    optional: ['fields', 'load'],
    run(call) {
      requireAccess(call.records, call.caller, call.model, 'read', call.ids);
      return call.records.read(call.model, call.ids, namesOf(call.args['fields']));
    },
  },
  write: {
    on: 'records',
    required: ['vals'],
    run(call) {
      requireAccess(call.records, call.caller, call.model, 'write', call.ids);
      call.records.write(call.model, call.ids, call.args['vals'] as Values);
      return true;
    },
  },
  unlink: {
    on: 'records',
    run(call) {
      requireAccess(call.records, call.caller, call.model, 'unlink', call.ids);
      if (call.model === 'mail.mail') unlinkMails(call.records, call.ids);
      else call.records.unlink(call.model, call.ids);
      return true;
    },
  },
  search: {
    on: 'model',
    required: ['domain'],
    optional: ['offset', 'limit', 'order'],
    run: (call) => page(call, search(call)).map((row) => row.id),
  },
  search_count: {
    on: 'model',
    required: ['domain'],
    optional: ['limit'],
    run: (call) => page(call, search(call)).length,
  },
  search_read: {
    on: 'model',
    optional: ['domain', 'fields', 'offset', 'limit', 'order', 'load'],
    swallowsKeywords: true,
    run(call) {
      const ids = page(call, search(call)).map((row) => row.id);
      return call.records.read(call.model, ids, namesOf(call.args['fields']));
    },
  },
  fields_get: {
    on: 'model',
    optional: ['allfields', 'attributes'],
    run: describeFields,
  },
  has_access: {
    on: 'records',
    required: ['operation'],
    run: (call) => isAllowed(call.caller, call.model, call.args['operation'] as Operation),
  },
};

function createOne(call: MethodCall, values: Values): Row {
  const { records, caller, model, now } = call;
  if (model === 'mail.mail') return createMail(records, values, caller, now);
  const row = records.create(model, values);
  if (model === 'mail.notification') requireRecipient(row);
  if (model === 'sale.order' && !values['name']) {
    records.write(model, [row.id], { name: `S${String(row.id).padStart(5, '0')}` });
  }
  return row;
}

/** The SQL CHECK `notification_partner_required` of mail.notification. */
export function requireRecipient(row: Row): void {
  if (row['notification_type'] !== 'email' || row['failure_type']) return;
  if (row['res_partner_id'] || row['mail_email_address']) return;
  throw new StandInFault(
    'odoo.exceptions.ValidationError',
    'The operation cannot be completed: Customer or email is required for inbox / email notification',
  );
}

function search(call: MethodCall): Row[] {
  const { records, caller, model, args, context } = call;
  requireAccess(records, caller, model, 'read', []);
  const domain = args['domain'] ?? [];
  const order = typeof args['order'] === 'string' && args['order'] !== '' ? args['order'] : 'id';
  const rows = records.search(model, domain, order);
  const hidesArchived =
    'active' in records.model(model).fields &&
    context['active_test'] !== false &&
    !JSON.stringify(domain).includes('"active"');
  return rows
    .filter((row) => !hidesArchived || row['active'] !== false)
    .filter((row) => passesRules(records, caller, model, 'read', row.id));
}

function page(call: MethodCall, rows: readonly Row[]): readonly Row[] {
  const offset = Number(call.args['offset'] ?? 0);
  const limit = Number(call.args['limit'] ?? 0);
  return rows.slice(offset, limit > 0 ? offset + limit : undefined);
}

function namesOf(fields: unknown): string[] {
  if (fields === undefined || fields === null || fields === false) return [];
  if (Array.isArray(fields) && fields.every((field) => typeof field === 'string')) return fields;
  throw valueError('fields must be a list of field names');
}

function describeFields({ records, caller, model, args }: MethodCall): unknown {
  requireAccess(records, caller, model, 'read', []);
  const wanted = namesOf(args['allfields']);
  const attributes = namesOf(args['attributes']);
  const described = Object.entries(records.model(model).fields)
    .filter(([name]) => wanted.length === 0 || wanted.includes(name))
    .map(([name, field]) => {
      const all: Record<string, unknown> = {
        type: field.type,
        string: name,
        required: field.required === true,
        readonly: field.compute !== undefined,
        store: field.compute === undefined && field.related === undefined,
        ...(field.selection && { selection: field.selection }),
        ...(field.relation && { relation: field.relation }),
      };
      const kept = Object.entries(all).filter(
        ([attribute]) => attributes.length === 0 || attributes.includes(attribute),
      );
      return [name, Object.fromEntries(kept)] as const;
    });
  return Object.fromEntries(described);
}
