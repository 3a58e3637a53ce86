import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Odoo 19 runs on Python 3.10 to 3.13, and refuses server actions whose bytecode holds anything but its own
 * list. The chroot's Python is always tried; others when this machine has them.
 */
const script = new URL('../../config/real-odoo.sh', import.meta.url).pathname;
const folder = new URL('../../src/provision/actions/', import.meta.url);
const checks = readFileSync(new URL('../programs/check_actions.py', import.meta.url), 'utf8');
const actions = Object.fromEntries(
  readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
);

type Behaviour = { ended: string; savepoint: string[]; logged: [string, string][] };
type Report = {
  version: string;
  refused: Record<string, string[]>;
  control: string[];
  'python error': Behaviour;
  'sql error': Behaviour;
  conflict: Behaviour;
};

function run(command: readonly string[], input: string): Promise<string | undefined> {
  const [program = '', ...words] = command;
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, { maxBuffer: 8_000_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      // 127: a version manager's stand-in for an interpreter that is not selected.
      else if (error.code === 'ENOENT' || error.code === 127) resolve(undefined);
      else reject(new Error(`${program}: ${stderr}`));
    });
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** Interpreters by name, and those that pyenv keeps aside. */
function interpreters(): string[] {
  const versions = join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions');
  const kept = existsSync(versions) ? readdirSync(versions) : [];
  return ['3.10', '3.11', '3.12', '3.13'].flatMap((version) => [
    `python${version}`,
    ...kept
      .filter((name) => name.startsWith(`${version}.`))
      .map((name) => join(versions, name, 'bin', 'python3')),
  ]);
}

async function reports(): Promise<Report[]> {
  const source = await run(
    [script, 'python'],
    'import odoo.tools.safe_eval as module\nprint(open(module.__file__).read())',
  );
  const program = `ACTIONS = ${JSON.stringify(actions)}\nSAFE_EVAL = ${JSON.stringify(source)}\n${checks}`;
  const commands = [[script, 'python'], ...interpreters().map((name) => [name, '-'])];
  const printed = await Promise.all(commands.map((command) => run(command, program)));
  return printed.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as Report]));
}

describe('the Python that is provisioned', () => {
  it('is accepted by Odoo’s rules, and stops no mail when it fails, on every Python that can be had', async () => {
    const found = await reports();
    expect(found.map(({ version }) => version)).toContain('3.13');
    for (const report of found) {
      const refusedNothing = Object.fromEntries(Object.keys(actions).map((name) => [name, []]));
      expect([report.version, report.refused]).toEqual([report.version, refusedNothing]);
      expect(report.control).toContain('IMPORT_NAME');
      expect(report['python error']).toEqual({
        ended: 'mail goes on',
        savepoint: ['rolled back'],
        logged: [['error', 'sweego_bridge: mail.mail 7 left unsigned: forced']],
      });
      expect(report['sql error']).toEqual({
        ended: 'mail goes on',
        savepoint: ['rolled back'],
        logged: [['error', 'sweego_bridge: mail.mail 7 left unsigned: SQL state 22012']],
      });
      // Odoo repeats the whole request itself; swallowing the conflict would break that.
      expect(report.conflict).toEqual({ ended: 'raised SqlError', savepoint: ['rolled back'], logged: [] });
    }
  });
});
