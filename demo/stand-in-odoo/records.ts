import { missingError } from './faults.ts';
import type { Model } from './field.ts';
import { createRecordValues } from './record-values.ts';
import type { Row, Store } from './store.ts';
import { requireValues, writtenValue } from './written-value.ts';

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
  search(model: string, domain: unknown, order?: string): Row[];
  /** The stored or computed value of one field: ids for relations, false when empty. */
  value(model: string, row: Row, field: string): unknown;
  /** Rows in the form of Odoo's `read`; those that do not exist are absent. */
  read(model: string, ids: readonly number[], fields?: readonly string[]): Record<string, unknown>[];
};

export function createRecords(store: Store, models: readonly Model[]): Records {
  const byName = new Map(models.map((model) => [model.name, model]));

  const { modelOf, fieldOf, displayName, valueOf, holds } = createRecordValues(store, byName);

  /** Checks and splits values into this table's own and those that live on a many2one's record. */
  function splitValues(model: Model, values: Values, before: Values) {
    const own: Record<string, unknown> = {};
    const elsewhere = new Map<string, Record<string, unknown>>();
    for (const [name, value] of Object.entries(values)) {
      const field = fieldOf(model, name, `'${name}' in '${model.name}'`);
      if (field.compute !== undefined || name === 'id') continue;
      if (field.related === undefined) own[name] = writtenValue(model, name, field, value, before[name]);
      else elsewhere.set(field.related[0], { ...elsewhere.get(field.related[0]), [field.related[1]]: value });
    }
    return { own, elsewhere };
  }

  function writeElsewhere(model: Model, row: Row, elsewhere: Map<string, Record<string, unknown>>): void {
    for (const [link, values] of elsewhere) {
      const id = row[link];
      if (typeof id === 'number') records.write(fieldOf(model, link, link).relation ?? '', [id], values);
    }
  }

  /** ON DELETE of every many2one that points at a removed record. */
  function releaseReferences(model: string, id: number): void {
    for (const other of models) {
      for (const [name, field] of Object.entries(other.fields)) {
        if (field.relation !== model || field.related !== undefined) continue;
        if (field.type === 'many2one') {
          for (const row of store.all(other.name).filter((one) => one[name] === id)) {
            if (field.onDelete === 'cascade') remove(other.name, row.id);
            else store.replace(other.name, { ...row, [name]: false });
          }
        }
        if (field.type === 'many2many') {
          for (const row of store.all(other.name)) {
            const ids = row[name];
            if (Array.isArray(ids) && ids.includes(id)) {
              store.replace(other.name, { ...row, [name]: ids.filter((one) => one !== id) });
            }
          }
        }
      }
    }
  }

  function remove(model: string, id: number): void {
    if (store.find(model, id) === undefined) return;
    store.remove(model, id);
    releaseReferences(model, id);
    if (modelOf(model).isMailThread && byName.has('mail.message')) {
      for (const message of store.all('mail.message')) {
        if (message['model'] === model && message['res_id'] === id) remove('mail.message', message.id);
      }
    }
  }

  const records: Records = {
    store,
    hasModel: (name) => byName.has(name),
    model: modelOf,
    create(modelName, values) {
      const model = modelOf(modelName);
      const defaults: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(model.fields)) {
        if (field.default === undefined || field.related !== undefined) continue;
        defaults[name] = typeof field.default === 'function' ? field.default() : field.default;
      }
      const { own, elsewhere } = splitValues(model, values, {});
      requireValues(model, { ...defaults, ...own });
      const row = store.insert(modelName, { ...defaults, ...own });
      writeElsewhere(model, row, elsewhere);
      return row;
    },
    write(modelName, ids, values) {
      const model = modelOf(modelName);
      splitValues(model, values, {});
      for (const id of ids) {
        const row = store.find(modelName, id);
        if (row === undefined) continue;
        const { own, elsewhere } = splitValues(model, values, row);
        const changed = { ...row, ...own };
        requireValues(model, changed);
        if (Object.keys(own).length > 0) store.replace(modelName, changed);
        writeElsewhere(model, row, elsewhere);
      }
    },
    unlink(modelName, ids) {
      const missing = ids.filter((id) => store.find(modelName, id) === undefined);
      if (missing.length > 0) throw missingError(modelName, missing);
      for (const id of ids) remove(modelName, id);
    },
    search(modelName, domain, order = 'id') {
      const sorters = order.split(',').map((part) => {
        const [name = '', direction = 'asc'] = part.trim().split(/\s+/);
        fieldOf(modelOf(modelName), name, `'${name}' on '${modelName}' in order`);
        return { name, sign: direction.toLowerCase() === 'desc' ? -1 : 1 };
      });
      const probe: Row = { id: 0 };
      holds(modelName, probe, domain);
      return store
        .all(modelName)
        .filter((row) => holds(modelName, row, domain))
        .sort((one, other) => {
          for (const { name, sign } of sorters) {
            const [left, right] = [valueOf(modelName, one, name), valueOf(modelName, other, name)];
            if (left !== right) return (left as number) < (right as number) ? -sign : sign;
          }
          return one.id - other.id;
        });
    },
    value: valueOf,
    read(modelName, ids, fields) {
      const model = modelOf(modelName);
      const names = fields?.length ? fields : ['display_name', ...Object.keys(model.fields)];
      for (const name of names) fieldOf(model, name, `'${name}' on '${modelName}'`);
      return ids.flatMap((id) => {
        const row = store.find(modelName, id);
        if (row === undefined) return [];
        const result: Record<string, unknown> = { id };
        for (const name of names) {
          const field = fieldOf(model, name, name);
          const value = valueOf(modelName, row, name);
          result[name] =
            field.type === 'many2one' && typeof value === 'number'
              ? [value, displayName(field.relation ?? '', value)]
              : value;
        }
        return [result];
      });
    },
  };
  return records;
}
