import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

/** The address of an empty inbox, and a function that removes it. */
export type BenchDatabase = { url: string; drop(): Promise<void> };

/**
 * A database of its own on a PostgreSQL server, or a SQLite file of its own.
 *
 * @param postgresUrl of a role that may create databases; undefined for SQLite
 */
export async function createDatabase(postgresUrl: string | undefined): Promise<BenchDatabase> {
  if (postgresUrl === undefined) {
    const folder = await mkdtemp(join(tmpdir(), 'sweego-bench-'));
    return { url: `file:${join(folder, 'inbox.sqlite')}`, drop: () => rm(folder, { recursive: true }) };
  }
  const name = `bench_${randomBytes(6).toString('hex')}`;
  await runOnce(postgresUrl, `CREATE DATABASE ${name}`);
  return {
    url: Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href,
    drop: () => runOnce(postgresUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function runOnce(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
