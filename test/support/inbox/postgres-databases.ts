import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';

/** What the global set-up (inbox-postgres-setup.ts) hands to the test files. */
export type InboxPostgresRun = {
  /** Names a role that may create databases and roles, and has no other special right. */
  url: string;
  /** Prefix of every database of this run. */
  prefix: string;
};

declare module 'vitest' {
  export interface ProvidedContext {
    inboxPostgres: InboxPostgresRun;
  }
}

export type PostgresDatabase = {
  url: string;
  /** Runs one statement in it, on a connection of its own, past the inbox. */
  query: (sql: string) => Promise<Record<string, unknown>[]>;
  /** Drops it, whoever is connected to it. */
  remove: () => Promise<void>;
};

/** An empty database of the PostgreSQL that config/real-odoo.sh runs for the inbox. */
export async function createPostgresDatabase(): Promise<PostgresDatabase> {
  const { url: serverUrl, prefix } = inject('inboxPostgres');
  const name = `${prefix}${randomBytes(6).toString('hex')}`;
  await queryOnce(serverUrl, `CREATE DATABASE ${name}`);
  const url = withDatabase(serverUrl, name);
  return {
    url,
    query: (sql) => queryOnce(url, sql),
    remove: () => dropPostgresDatabase(serverUrl, name),
  };
}

/** Drops a database, whoever is connected to it. */
export async function dropPostgresDatabase(serverUrl: string, name: string): Promise<void> {
  try {
    await queryOnce(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  } catch {
    // Only a superuser may end the server's own vacuum by force; without force PostgreSQL ends it itself.
    await queryOnce(serverUrl, `DROP DATABASE IF EXISTS ${name}`);
  }
}

/** How many transactions have stored requests: each leaves its number in the rows it wrote. */
export async function countStoringTransactions(database: PostgresDatabase): Promise<number> {
  const [row] = await database.query(
    'SELECT count(DISTINCT xmin::text)::integer AS count FROM sweego_bridge.request',
  );
  return row?.['count'] as number;
}

/** A connection of its own, past the inbox; the caller ends it. */
export async function openConnection(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

/** Runs one statement on a connection of its own. */
export async function queryOnce(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = await openConnection(url);
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

export function withDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
