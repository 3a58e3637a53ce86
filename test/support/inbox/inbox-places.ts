import { createPostgresDatabase } from './postgres-databases.ts';
import { createTemporaryPath } from './sqlite-databases.ts';

/** Where a bridge may keep its inbox: a new one for each test. */
export type InboxPlace = { databaseUrl: string; remove(): Promise<void> };

/** Every engine that journeys run on. */
export const inboxEngines: readonly {
  engine: 'SQLite' | 'PostgreSQL';
  openPlace: () => Promise<InboxPlace>;
}[] = [
  { engine: 'SQLite', openPlace: openSqlitePlace },
  { engine: 'PostgreSQL', openPlace: openPostgresPlace },
];

export async function openSqlitePlace(): Promise<InboxPlace> {
  const { path, remove } = createTemporaryPath();
  return { databaseUrl: `file:${path}`, remove: async () => remove() };
}

export async function openPostgresPlace(): Promise<InboxPlace> {
  const { url, remove } = await createPostgresDatabase();
  return { databaseUrl: url, remove };
}
