import type { TestProject } from 'vitest/node';
import { runRealOdooScript } from '../odoo/real-odoo-script.ts';
import { dropPostgresDatabase, queryOnce } from './postgres-databases.ts';
import type { InboxPostgresRun } from './postgres-databases.ts';

const run = { prefix: `run_${process.pid}_`, url: '', hasStartedServer: false };

/** Vitest's global set-up of the suites that need the inbox's PostgreSQL. */
export async function setup(project: TestProject): Promise<void> {
  run.hasStartedServer = !(await isRunning());
  run.url = parseUrl(await runRealOdooScript('postgresql'));
  await dropDatabases((pid) => !isAlive(pid));
  project.provide('inboxPostgres', { url: run.url, prefix: run.prefix } satisfies InboxPostgresRun);
}

/** Drops this run's databases, and stops the server if this run started it and no other run uses it now. */
export async function teardown(): Promise<void> {
  if (!(await isRunning())) return;
  await dropDatabases((pid) => pid === process.pid);
  const others = await databasesOfRuns();
  if (run.hasStartedServer && others.length === 0) await runRealOdooScript('postgresql', 'stop');
}

function isRunning(): Promise<boolean> {
  return runRealOdooScript('postgresql', 'status').then(
    () => true,
    () => false,
  );
}

function parseUrl(printed: string): string {
  const url = /^INBOX_POSTGRES_URL=(.+)$/m.exec(printed)?.[1];
  if (url === undefined) throw new Error(`config/real-odoo.sh postgresql printed no URL:\n${printed}`);
  return url;
}

/** Databases of test runs, with the process that made each. */
async function databasesOfRuns(): Promise<{ name: string; pid: number }[]> {
  const rows = await queryOnce(run.url, 'SELECT datname FROM pg_database');
  return rows.flatMap(({ datname }) => {
    const pid = /^run_(\d+)_/.exec(String(datname))?.[1];
    return pid === undefined ? [] : [{ name: String(datname), pid: Number(pid) }];
  });
}

async function dropDatabases(isWanted: (pid: number) => boolean): Promise<void> {
  for (const { name, pid } of await databasesOfRuns()) {
    if (isWanted(pid)) await dropPostgresDatabase(run.url, name);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
