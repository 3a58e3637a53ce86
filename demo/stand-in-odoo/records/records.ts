import { missingError, valueError } from '../faults.ts';
import { holdsCondition, readDomain } from './domain.ts';
import { integer } from './field.ts';
import type { Field, Model } from './field.ts';
import type { Row, Store } from './store.ts';
import { writtenValue } from './written-value.ts';

export type Values = Readonly<Record<string, unknown>>;

/** A small ORM over the store. It checks values, not rights: everything here is `sudo`. */
export type Records = {
  store: Store;
  hasModel(name: string): boolean;
  model(name: string): Model;
  create(model: string, values: Values): Row;
  /** Ids that do not exist are passed over, as in Odoo. */
  write(model: string, ids: readonly number[], values: Values): void;
  /** @throws StandInFault MissingError when one does not exist */
  unlink(model: string, ids: readonly number[]): void;
  /** In order of the ids. */
  search(model: string, domain: unknown): Row[];
  /** The value of one field, where it is kept: ids for relations, false when empty. */
  value(model: string, row: Row, field: string): unknown;
  /** What a many2one to this record shows. */
  displayName(model: string, id: number): string;
  /** Rows in the form of Odoo's `read`; those that do not exist are absent. */
  read(model: string, ids: readonly number[], fields: readonly string[]): Record<string, unknown>[];
  /** The record, if it exists and its model has a chatter. */
  findDocument(model: unknown, id: unknown): Row | undefined;
};

export function createRecords(store: Store, models: readonly Model[]): Records {
  const byName = new Map(models.map((model) => [model.name, model]));

  function modelOf(name: string): Model {
    const model = byName.get(name);
    if (model === undefined) throw new Error(`The stand-in has no model ${name}`);
    return model;
  }

  function fieldOf(model: string, name: string): Field {
    if (name === 'id') return integer;
    const { fields } = modelOf(model);
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) throw valueError(`Invalid field '${name}' on '${model}'`);
    return field;
  }

  function valueOf(model: string, row: Row, name: string): unknown {
    const field = fieldOf(model, name);
    if (field.related !== undefined) {
      const [link, target] = field.related;
      const relation = fieldOf(model, link).relation ?? '';
      const linked = store.find(relation, Number(row[link]));
      return linked === undefined ? false : valueOf(relation, linked, target);
    }
    if (name in row) return row[name];
    if (field.type === 'many2many') return [];
    return field.type === 'integer' ? 0 : false;
  }

  function displayName(model: string, id: number): string {
    const row = store.find(model, id);
    const hasName = row !== undefined && 'name' in modelOf(model).fields;
    return hasName ? String(valueOf(model, row, 'name')) : `${model},${id}`;
  }

  /** Checks values, and splits them into those of this table and those of each many2one's record. */
  function splitValues(model: string, values: Values) {
    const own: Record<string, unknown> = {};
    const linked = new Map<string, Record<string, unknown>>();
    for (const [name, value] of Object.entries(values)) {
      const field = fieldOf(model, name);
      if (field.related === undefined) {
        own[name] = writtenValue(`${model}.${name}`, field, value);
      } else {
        const [link, target] = field.related;
        linked.set(link, { ...linked.get(link), [target]: value });
      }
    }
    return { own, linked };
  }

  function writeLinked(model: string, row: Row, linked: ReadonlyMap<string, Values>): void {
    for (const [link, values] of linked) {
      records.write(fieldOf(model, link).relation ?? '', [Number(row[link])], values);
    }
  }

  /** ON DELETE of every many2one that points at a deleted record. */
  function releaseReferences(model: string, id: number): void {
    for (const { name: other, fields } of models) {
      for (const [name, field] of Object.entries(fields)) {
        if (field.relation !== model || field.related !== undefined) continue;
        for (const row of store.all(other).filter((one) => one[name] === id)) {
          if (field.onDelete === 'cascade') remove(other, row.id);
          else store.replace(other, { ...row, [name]: false });
        }
      }
    }
  }

  function remove(model: string, id: number): void {
    store.remove(model, id);
    releaseReferences(model, id);
    if (modelOf(model).documentName === undefined) return;
    for (const message of store.all('mail.message')) {
      if (message['model'] === model && message['res_id'] === id) remove('mail.message', message.id);
    }
  }

  const records: Records = {
    store,
    hasModel: (name) => byName.has(name),
    model: modelOf,
    create(model, values) {
      const defaults = Object.entries(modelOf(model).fields).flatMap(([name, field]) =>
        field.default === undefined ? [] : [[name, field.default] as const],
      );
      const { own, linked } = splitValues(model, values);
      const row = store.insert(model, { ...Object.fromEntries(defaults), ...own });
      writeLinked(model, row, linked);
      return row;
    },
    write(model, ids, values) {
      const { own, linked } = splitValues(model, values);
      for (const id of ids) {
        const row = store.find(model, id);
        if (row === undefined) continue;
        if (Object.keys(own).length > 0) store.replace(model, { ...row, ...own });
        writeLinked(model, row, linked);
      }
    },
    unlink(model, ids) {
      const missing = ids.filter((id) => store.find(model, id) === undefined);
      if (missing.length > 0) throw missingError(model, missing);
      for (const id of ids) remove(model, id);
    },
    search(model, domain) {
      const conditions = readDomain(domain);
      // Also where no row is there to be compared: a wrong condition is refused.
      for (const [name, operator, value] of conditions) {
        fieldOf(model, name);
        holdsCondition(false, operator, value);
      }
      return store
        .all(model)
        .filter((row) =>
          conditions.every(([name, operator, value]) =>
            holdsCondition(valueOf(model, row, name), operator, value),
          ),
        );
    },
    value: valueOf,
    displayName,
    read(model, ids, fields) {
      for (const name of fields) fieldOf(model, name);
      return ids.flatMap((id) => {
        const row = store.find(model, id);
        if (row === undefined) return [];
        const values = fields.map((name) => {
          const { relation = '' } = fieldOf(model, name);
          const value = valueOf(model, row, name);
          const isLink = relation !== '' && typeof value === 'number';
          return [name, isLink ? [value, displayName(relation, value)] : value] as const;
        });
        return [{ id, ...Object.fromEntries(values) }];
      });
    },
    findDocument(model, id) {
      const isThread = typeof model === 'string' && byName.get(model)?.documentName !== undefined;
      return isThread ? store.find(model, Number(id)) : undefined;
    },
  };
  return records;
}
