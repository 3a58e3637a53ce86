/** A stored record; never changed in place, so that a row's identity tells whether somebody wrote it. */
export type Row = Readonly<Record<string, unknown>> & { readonly id: number };

/** Tables of rows in memory. */
export type Store = {
  /** All rows of a model in order of their ids. */
  all(model: string): Row[];
  find(model: string, id: number): Row | undefined;
  insert(model: string, values: Readonly<Record<string, unknown>>): Row;
  replace(model: string, row: Row): void;
  remove(model: string, id: number): void;
  /** Runs synchronous work as a whole: when it throws, nothing of it remains. May be nested. */
  transaction<T>(work: () => T): T;
};

export function createStore(): Store {
  const tables = new Map<string, Map<number, Row>>();
  const lastIds = new Map<string, number>();
  /** How to undo what the open transaction did, in order of doing; undefined outside of one. */
  let journal: (() => void)[] | undefined;

  function tableOf(model: string): Map<number, Row> {
    const table = tables.get(model) ?? new Map<number, Row>();
    tables.set(model, table);
    return table;
  }

  function set(model: string, id: number, row: Row | undefined): void {
    const table = tableOf(model);
    const before = table.get(id);
    journal?.push(() => {
      if (before === undefined) table.delete(id);
      else table.set(id, before);
    });
    if (row === undefined) table.delete(id);
    else table.set(id, row);
  }

  return {
    all: (model) => [...tableOf(model).values()].sort((one, other) => one.id - other.id),
    find: (model, id) => tableOf(model).get(id),
    insert(model, values) {
      // Like a PostgreSQL sequence: an id of a rolled-back transaction is not given again.
      const id = (lastIds.get(model) ?? 0) + 1;
      lastIds.set(model, id);
      const row = { ...values, id };
      set(model, id, row);
      return row;
    },
    replace: (model, row) => set(model, row.id, row),
    remove: (model, id) => set(model, id, undefined),
    transaction(work) {
      const outer = journal;
      const own: (() => void)[] = [];
      journal = own;
      try {
        const result = work();
        outer?.push(...own);
        return result;
      } catch (error) {
        for (const undo of own.reverse()) undo();
        throw error;
      } finally {
        journal = outer;
      }
    },
  };
}
