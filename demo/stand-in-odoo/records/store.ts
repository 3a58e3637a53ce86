/** A stored record. It is replaced and never changed, so a row that is still the same object was not written. */
export type Row = Readonly<Record<string, unknown>> & { readonly id: number };

/** Tables of rows in memory. */
export type Store = {
  /** All rows of a model in order of their ids. */
  all(model: string): Row[];
  find(model: string, id: number): Row | undefined;
  insert(model: string, values: Readonly<Record<string, unknown>>): Row;
  replace(model: string, row: Row): void;
  remove(model: string, id: number): void;
  /** Runs synchronous work. If it throws, nothing of it remains. */
  transaction<T>(work: () => T): T;
};

export function createStore(): Store {
  const tables = new Map<string, Map<number, Row>>();
  const lastIds = new Map<string, number>();
  /** How to undo each step of the open transaction, in order. */
  let undoSteps: (() => void)[] = [];

  function tableOf(model: string): Map<number, Row> {
    const table = tables.get(model) ?? new Map<number, Row>();
    tables.set(model, table);
    return table;
  }

  function set(model: string, id: number, row: Row | undefined): void {
    const table = tableOf(model);
    const before = table.get(id);
    undoSteps.push(() => put(table, id, before));
    put(table, id, row);
  }

  return {
    all: (model) => [...tableOf(model).values()].sort((one, other) => one.id - other.id),
    find: (model, id) => tableOf(model).get(id),
    insert(model, values) {
      // Like a PostgreSQL sequence: the id of a rolled-back transaction is not given again.
      const id = (lastIds.get(model) ?? 0) + 1;
      lastIds.set(model, id);
      const create_date = odooDatetime(new Date());
      const row = { ...values, id, create_date, write_date: create_date };
      set(model, id, row);
      return row;
    },
    replace: (model, row) => set(model, row.id, { ...row, write_date: odooDatetime(new Date()) }),
    remove: (model, id) => set(model, id, undefined),
    transaction(work) {
      undoSteps = [];
      try {
        return work();
      } catch (error) {
        for (const undo of undoSteps.reverse()) undo();
        throw error;
      }
    },
  };
}

function put(table: Map<number, Row>, id: number, row: Row | undefined): void {
  if (row === undefined) table.delete(id);
  else table.set(id, row);
}

/** Odoo's datetimes: UTC, whole seconds. */
function odooDatetime(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
