import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { joinActionSources } from '../../src/provision/action-sources.ts';

/**
 * Odoo 19 runs on Python 3.10 to 3.13, and refuses server actions whose bytecode holds an instruction that is not
 * on its list. The test always uses the chroot's Python, and every other version that this machine has.
 */
const script = new URL('../../config/real-odoo.sh', import.meta.url).pathname;
const folder = new URL('../../src/provision/actions/', import.meta.url);
const checks = readFileSync(new URL('../programs/check_actions.py', import.meta.url), 'utf8');
const readme = readFileSync(new URL('README.md', folder), 'utf8');
const actions = joinActionSources((path) => readFileSync(new URL(path, folder), 'utf8'));

type Behaviour = { ended: string; savepoint: string[]; logged: [string, string][] };
type Report = {
  version: string;
  refused: Record<string, string[]>;
  unknown: Record<string, string[]>;
  control: string[];
  missing: Record<string, string[]>;
  rules: Record<string, { expected: boolean; refused: boolean }>;
  'python error': Behaviour;
  'sql error': Behaviour;
  conflict: Behaviour;
};

function run(command: readonly string[], input: string): Promise<string | undefined> {
  const [program = '', ...words] = command;
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, { maxBuffer: 8_000_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      // Version managers install a wrapper that ends with 127 when its interpreter is not selected.
      else if (error.code === 'ENOENT' || error.code === 127) resolve(undefined);
      else reject(new Error(`${program}: ${stderr}`));
    });
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** Interpreters on the path by name, and the files of those that pyenv has installed. */
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

let found: Report[];
beforeAll(async () => {
  found = await reports();
  expect(found.map(({ version }) => version)).toContain('3.13');
});

describe('the Python that is provisioned', () => {
  it('is accepted by Odoo’s rules, and uses only names that exist there, on every Python version of this machine', () => {
    const nothing = Object.fromEntries(Object.keys(actions).map((name) => [name, []]));
    for (const { version, refused, unknown, control } of found) {
      expect([version, refused]).toEqual([version, nothing]);
      expect([version, unknown]).toEqual([version, nothing]);
      expect(control).toContain('IMPORT_NAME');
    }
  });

  it('does not stop a mail when it fails, on every Python version of this machine', () => {
    for (const report of found) {
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
      // Odoo retries the whole request by itself, but only if the action lets the conflict pass.
      expect(report.conflict).toEqual({ ended: 'raised SqlError', savepoint: ['rolled back'], logged: [] });
    }
  });

  it('is refused by Odoo exactly in the cases that its README names', () => {
    for (const { version, rules, missing } of found) {
      for (const [name, { expected, refused }] of Object.entries(rules)) {
        expect([version, name, refused]).toEqual([version, name, expected]);
        expect(readme).toContain(name);
      }
      for (const [name, unknown] of Object.entries(missing)) {
        expect([version, unknown]).toEqual([version, [name]]);
        expect(readme).toContain(`\`${name}\``);
      }
    }
  });
});
