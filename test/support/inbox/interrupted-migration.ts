import { readlinkSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'libsql';
import { Client } from 'pg';
import { expect } from 'vitest';
import { schema } from '../../../src/inbox/sqlite/schema.ts';
import { launchBridge } from '../bridge/bridge-process.ts';
import type { LaunchedBridge } from '../bridge/bridge-process.ts';
import type { CrashScene } from '../bridge/crash-stage.ts';
import { eventually } from '../odoo/bridged-odoo.ts';
import { writeFirstVersion } from './first-sqlite-version.ts';

/** What the file holds after a kill. */
type FileContent = { version: number; requests: number };

/**
 * Kills a bridge that is bringing a SQLite file of schema version 1, which holds all webhooks, to the newest
 * one: first while it waits for the file, then after more and more milliseconds, until the migration has been
 * faster than the kill. After each kill the file is at one version or the other, with everything in it.
 */
export async function interruptSqliteMigration(scene: CrashScene): Promise<void> {
  const path = scene.databaseUrl.replace(/^file:/, '');
  writeFirstVersion(path, scene.webhooks);
  const newest = schema.at(-1)?.version;
  const contents: FileContent[] = [];
  for (let delayMs = -1; contents.at(-1)?.version !== newest && delayMs < 50; delayMs += 1) {
    const holder = new Database(path);
    holder.exec('BEGIN IMMEDIATE');
    const bridge = await launchBridge(scene.environment);
    await until(bridge, async () => hasOpened(bridge.pid, path));
    if (delayMs >= 0) holder.exec('ROLLBACK');
    if (delayMs > 0) await sleep(delayMs);
    await bridge.kill();
    holder.close();
    contents.push(readSqliteFile(path));
  }
  expect(contents.filter(({ version }) => version === 1).length).toBeGreaterThan(0);
  expect(contents.filter(({ requests }) => requests !== scene.webhooks.length)).toEqual([]);
}

function readSqliteFile(path: string): FileContent {
  const file = new Database(path);
  const first = (sql: string) => Object.values(file.prepare(sql).get() as object)[0] as unknown;
  expect(first('PRAGMA integrity_check')).toBe('ok');
  const content = {
    version: Number(first('SELECT max(version) FROM migration')),
    requests: Number(first('SELECT count(*) FROM request')),
  };
  file.close();
  return content;
}

function hasOpened(pid: number, path: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some((name) => {
    try {
      return readlinkSync(`${folder}/${name}`) === path;
    } catch {
      // Closed since the folder was read.
      return false;
    }
  });
}

/**
 * Kills a bridge that is creating its tables in an empty PostgreSQL database: first while it waits for the lock of
 * the migration, then after more and more milliseconds.
 */
export async function interruptPostgresMigration(scene: CrashScene): Promise<void> {
  const client = new Client({ connectionString: scene.databaseUrl });
  await client.connect();
  try {
    await interruptUntilMade(scene, client);
  } finally {
    await client.end();
  }
}

async function interruptUntilMade(scene: CrashScene, client: Client): Promise<void> {
  const count = async (from: string) => {
    const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${from}`);
    return Number(rows[0]?.count);
  };
  const isMade = async () => (await count("pg_tables WHERE tablename = 'snapshot'")) === 1;
  const here = '(SELECT oid FROM pg_database WHERE datname = current_database())';
  const waiting = `pg_locks WHERE NOT granted AND locktype = 'advisory' AND database = ${here}`;
  const others = `pg_stat_activity WHERE datid = ${here} AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;
  let kills = 0;
  for (let delayMs = 0; !(await isMade()) && delayMs < 200; delayMs += 5) {
    await client.query(`SELECT pg_advisory_lock(${migrationLock})`);
    const bridge = await launchBridge(scene.environment);
    await until(bridge, async () => (await count(waiting)) > 0);
    if (delayMs > 0) await client.query('SELECT pg_advisory_unlock_all()');
    await sleep(delayMs);
    await bridge.kill();
    await client.query('SELECT pg_advisory_unlock_all()');
    kills += 1;
    // The killed bridge's transaction ends when the server notices.
    await eventually(
      () => count(others),
      (connections) => connections === 0,
    );
    expect((await count("pg_namespace WHERE nspname = 'sweego_bridge'")) === 1).toBe(await isMade());
  }
  expect(kills).toBeGreaterThan(1);
}

/** The lock that src/inbox/postgres/open.ts takes. With another number, no bridge would wait for it here. */
const migrationLock = 5_393_170_001;

async function until(bridge: LaunchedBridge, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (bridge.hasEnded() || Date.now() > deadline) {
      await bridge.kill();
      throw new Error(`The bridge did not begin to open its inbox. It wrote:\n${bridge.logs()}`);
    }
    await sleep(2);
  }
}
