import type { SqlRow, SqlValue } from './session.ts';

/** Runs one statement. Instants and ids are numbers, bytes a Buffer. */
export type RunStatement = (sql: string, parameters: readonly SqlValue[]) => Promise<SqlRow[]>;
