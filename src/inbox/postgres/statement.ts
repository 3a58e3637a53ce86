/** What a parameter of a statement may be. */
export type StatementValue =
  string | number | boolean | null | Uint8Array | readonly (string | number | null)[];

/** A row as the driver gives it: instants and ids are numbers, bytes a Buffer. */
export type StatementRow = Readonly<Record<string, unknown>>;

/** Runs one statement. */
export type RunStatement = (sql: string, parameters: readonly StatementValue[]) => Promise<StatementRow[]>;
