import { compareValues, holdsDomain } from './domain.ts';
import { valueError } from './faults.ts';
import type { Field, Model } from './field.ts';
import type { Row, Store } from './store.ts';

const idField: Field = { type: 'integer' };

/** How the ORM finds the value of a field: stored, computed, on a linked record, or at the end of a path. */
export function createRecordValues(store: Store, byName: ReadonlyMap<string, Model>) {
  function modelOf(name: string): Model {
    const model = byName.get(name);
    if (model === undefined) throw new Error(`The stand-in has no model ${name}`);
    return model;
  }

  function fieldOf(model: Model, name: string, place: string): Field {
    if (name === 'id') return idField;
    if (name === 'display_name') return { type: 'char', compute: (row) => displayName(model.name, row.id) };
    const field = Object.hasOwn(model.fields, name) ? model.fields[name] : undefined;
    if (field === undefined) throw valueError(`Invalid field ${place}`);
    return field;
  }

  function displayName(model: string, id: number): string {
    const row = store.find(model, id);
    const field = modelOf(model).displayField ?? 'name';
    const value = row === undefined ? '' : valueOf(model, row, field);
    return typeof value === 'string' ? value : `${model},${id}`;
  }

  function valueOf(modelName: string, row: Row, name: string): unknown {
    const model = modelOf(modelName);
    const field = fieldOf(model, name, `'${name}' on '${model.name}'`);
    if (field.compute !== undefined) return field.compute(row, store);
    if (field.related !== undefined) {
      const [link, target] = field.related;
      const relation = fieldOf(model, link, link).relation ?? '';
      const linked = store.find(relation, Number(row[link]));
      return linked === undefined ? false : valueOf(relation, linked, target);
    }
    if (field.type === 'one2many') {
      return store
        .all(field.relation ?? '')
        .filter((other) => other[field.inverse ?? ''] === row.id)
        .map((other) => other.id);
    }
    if (name in row) return row[name];
    if (field.type === 'many2many') return [];
    return field.type === 'integer' ? 0 : false;
  }

  /** All values at the end of a dotted path. */
  function valuesAt(modelName: string, row: Row, path: readonly string[], whole: string): unknown[] {
    const [name = '', ...rest] = path;
    const field = fieldOf(modelOf(modelName), name, `${modelName}.${whole} in condition`);
    const value = valueOf(modelName, row, name);
    const values: unknown[] = Array.isArray(value) ? value : [value];
    if (rest.length === 0) return values;
    if (field.relation === undefined) throw valueError(`Invalid field ${modelName}.${whole} in condition`);
    const { relation } = field;
    const found = values.flatMap((id) => {
      const linked = store.find(relation, Number(id));
      return linked === undefined ? [] : valuesAt(relation, linked, rest, rest.join('.'));
    });
    return found.length === 0 ? [false] : found;
  }

  function holds(modelName: string, row: Row, domain: unknown): boolean {
    return holdsDomain(domain, ([path, operator, value]) => {
      const names = path.split('.');
      const last = modelOf(modelName).fields[path];
      const found = valuesAt(modelName, row, names, path);
      const asText = last?.relation !== undefined && /like/.test(operator);
      const texts = asText ? found.map((id) => displayName(last.relation ?? '', Number(id))) : found;
      return compareValues(texts, operator, value);
    });
  }

  return { modelOf, fieldOf, displayName, valueOf, holds };
}
