import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { adminLogin, adminPassword, createAdministrator } from './administrator.ts';
import { isRealOdooRunning, runRealOdooScript } from './real-odoo-script.ts';
import type { RealOdooRun } from './real-odoo.ts';

const program = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const run = { prefix: `run_${process.pid}_`, hasStartedServer: false };

/** Vitest's global set-up of the real suites: a running Odoo 19 and the templates that test files clone. */
export async function setup(project: TestProject): Promise<void> {
  run.hasStartedServer = !(await isRealOdooRunning());
  const { url, geventUrl } = parseUrls(await runRealOdooScript('start'));
  await dropDatabases((pid) => !isAlive(pid));
  const base = await makeBase(url);
  project.provide('realOdoo', {
    url,
    geventUrl,
    prefix: run.prefix,
    adminApiKey: base.adminApiKey,
    templates: {
      base: { name: base.name },
      ...(existsSync(program) ? { provisioned: await makeProvisioned(url, base.name) } : {}),
    },
  } satisfies RealOdooRun);
}

/** Drops this run's databases, and stops the server if this run started it and no other run uses it now. */
export async function teardown(): Promise<void> {
  await dropDatabases((pid) => pid === process.pid);
  const others = await databasesOfRuns();
  if (run.hasStartedServer && others.length === 0) await runRealOdooScript('stop');
}

function parseUrls(printed: string): { url: string; geventUrl: string } {
  const url = /^ODOO_URL=(.+)$/m.exec(printed)?.[1];
  const geventUrl = /^ODOO_GEVENT_URL=(.+)$/m.exec(printed)?.[1];
  if (!url || !geventUrl) throw new Error(`config/real-odoo.sh start printed no URLs:\n${printed}`);
  return { url, geventUrl };
}

/** bridge_base with an API key of the administrator, which every clone then shares. */
async function makeBase(url: string): Promise<{ name: string; adminApiKey: string }> {
  const name = `${run.prefix}base`;
  await runRealOdooScript('clone', name, 'bridge_base');
  const adminApiKey = await createAdministrator(url, name).runPython(
    `action = env['res.users.apikeys'].with_user(env.ref('base.user_admin')).sudo()._generate('rpc', 'test', None)`,
  );
  if (typeof adminApiKey !== 'string') throw new Error('Odoo made no API key for its administrator.');
  await runRealOdooScript('mark-template', name);
  return { name, adminApiKey };
}

/** What the built program's `provision --create-user` makes of a plain Odoo. */
async function makeProvisioned(
  url: string,
  base: string,
): Promise<{ name: string; bridgeLogin: string; bridgeApiKey: string }> {
  const name = `${run.prefix}provisioned`;
  await runRealOdooScript('clone', name, base);
  const printed = await runProgram(['provision', '--create-user', '--json'], {
    ODOO_URL: url,
    ODOO_DATABASE: name,
    PROVISION_LOGIN: adminLogin,
    PROVISION_PASSWORD: adminPassword,
  });
  const { user } = JSON.parse(printed) as { user?: { login: string; api_key: string } };
  if (!user) throw new Error(`provision --create-user made no user. It printed:\n${printed}`);
  await runRealOdooScript('mark-template', name);
  return { name, bridgeLogin: user.login, bridgeApiKey: user.api_key };
}

async function runProgram(words: string[], environment: Record<string, string>): Promise<string> {
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  try {
    return (await promisify(execFile)(process.execPath, [program, ...words], { env })).stdout;
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`The built program's ${words.join(' ')} failed:\n${stdout}${stderr}`, { cause });
  }
}

/** Databases of test runs, with the process that made each. */
async function databasesOfRuns(): Promise<{ name: string; pid: number }[]> {
  const names = (await runRealOdooScript('databases')).split('\n');
  return names.flatMap((name) => {
    const pid = /^run_(\d+)_/.exec(name)?.[1];
    return pid ? [{ name, pid: Number(pid) }] : [];
  });
}

async function dropDatabases(isWanted: (pid: number) => boolean): Promise<void> {
  for (const { name, pid } of await databasesOfRuns()) {
    if (isWanted(pid)) await runRealOdooScript('drop', name);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
