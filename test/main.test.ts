import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openInbox } from '../src/inbox/open.ts';
import { describeBody } from '../src/sweego/describe-body.ts';
import { outboundSecret, signedRequest } from './support/bridge/intake.ts';
import { builtProgram } from './support/built-programs.ts';

const unreachableOdoo = {
  ODOO_URL: 'http://127.0.0.1:9',
  ODOO_DATABASE: 'production',
  ODOO_API_KEY: 'a-key-of-the-bridge',
};

async function temporaryDirectory() {
  const directory = await mkdtemp(join(tmpdir(), 'main-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

/** Creates an inbox with one due entry for each event. Resolves with the environment that names the inbox. */
async function createInbox(bodies: readonly string[] = []) {
  const env = { DATABASE_URL: `file:${join(await temporaryDirectory(), 'inbox.sqlite')}` };
  const inbox = await openInbox(env.DATABASE_URL);
  const now = new Date();
  for (const [index, text] of bodies.entries()) {
    const body = Buffer.from(text);
    await inbox.put({ kind: 'outbound', requestKey: `w-${index}`, body, receivedAt: now, secretId: 'x' });
  }
  await inbox.claim({ kinds: ['outbound'], limit: 0, now, describe: describeBody });
  await inbox.close();
  return env;
}

function start(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  loadedFirst: readonly string[] = [],
) {
  const imports = loadedFirst.flatMap((name) => ['--import', name]);
  const child = spawn(process.execPath, [...imports, builtProgram('src/main.ts'), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close').then(() => ({ exitCode: child.exitCode, ...output }));
  return { child, output, ended };
}

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => start(args, env).ended;

/** The URL of `serve`, when it listens. */
function urlOf({ child, output, ended }: ReturnType<typeof start>): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout.on('data', () => {
      const found = /"url":"([^"]+)"/.exec(output.stdout);
      if (found?.[1] !== undefined) resolve(found[1]);
    });
    void ended.then(({ stderr }) => reject(new Error(stderr)));
  });
}

describe('the command line', () => {
  it('shows its commands on --help and ends with 0', async () => {
    const { exitCode, stdout } = await run(['--help']);
    expect(exitCode).toBe(0);
    for (const command of ['serve', 'provision', 'inbox']) expect(stdout).toContain(command);
  });

  it.each([
    [['sing'], 'unknown command'],
    [['inbox', 'list', '--state', 'lost'], 'Allowed choices are received'],
    [['inbox', 'show', 'first'], 'It must be a whole number from 1.'],
    [['serve', '--fast'], 'unknown option'],
    [['inbox', 'replay'], 'no entries. Give either the numbers of entries, or filters'],
    [['inbox', 'list', '--older-than', '2 weeks'], 'Give one like 90s, 15m, 2h or 1d.'],
  ])('ends with 2 on wrong usage: %j', async (args, words) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
    expect(stdout).toBe('');
  });

  it('ends with 2 on a bad configuration, listing every variable, with no stack trace and no secret', async () => {
    const { exitCode, stderr } = await run(['serve'], { PORT: 'x', ADMIN_TOKEN: 'hunter22' });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^CONFIG_INVALID: /);
    for (const name of ['ODOO_URL', 'ODOO_DATABASE', 'ODOO_API_KEY', 'PORT', 'ADMIN_TOKEN']) {
      expect(stderr).toContain(`- ${name} `);
    }
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toContain('hunter22');
  });

  it('ends with 1 when provisioning fails, and prints the code and the fix', async () => {
    const { exitCode, stderr } = await run(['provision', '--plan'], {
      ...unreachableOdoo,
      PROVISION_API_KEY: 'a-key-of-an-administrator',
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^ODOO_UNREACHABLE: /);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('the time zone of the environment', () => {
  const printZone = () => builtProgram('test/programs/print-zone-at-end.ts');
  const paris = { TZ: 'Europe/Paris' };

  it('is UTC for serve, so that no night has an hour too many or too few', async () => {
    const env = {
      ...unreachableOdoo,
      ...paris,
      DATABASE_URL: `file:${join(await temporaryDirectory(), 'inbox.sqlite')}`,
      HOST: '127.0.0.1',
      PORT: '0',
    };
    const serving = start(['serve'], env, [printZone()]);
    await urlOf(serving);
    serving.child.kill('SIGTERM');
    expect(await serving.ended).toMatchObject({
      exitCode: 0,
      stderr: 'zone UTC, minutes from UTC 0 and 0\n',
    });
  });

  it('stays the user’s zone for commands, because they print times', async () => {
    const { stdout, stderr } = await start(['message', '--help'], paris, [printZone()]).ended;
    expect(stdout).toMatch(/\(default:\s+"Europe\/Paris"\)/);
    expect(stderr).toBe('zone Europe/Paris, minutes from UTC -60 and -120\n');
  });
});

describe('serve and inbox', () => {
  it('stores a webhook, stops on SIGTERM with 0, and lists what it stored', async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'secret'), `${outboundSecret}\n`);
    const env = {
      ...unreachableOdoo,
      DATABASE_URL: `file:${join(directory, 'inbox.sqlite')}`,
      HOST: '127.0.0.1',
      PORT: '0',
      SWEEGO_OUTBOUND_SECRETS_FILE: join(directory, 'secret'),
    };
    const serving = start(['serve'], env);
    const { child, ended } = serving;
    const url = await urlOf(serving);
    const timestamp = Math.floor(Date.now() / 1000);
    const body = '{"event_type":"delivered","recipient":"customer@example.com"}';
    const response = await fetch(`${url}/sweego/webhook/outbound`, await signedRequest(body, { timestamp }));
    expect(response.status).toBe(200);
    child.kill('SIGTERM');
    const served = await ended;
    expect(served.exitCode).toBe(0);
    expect(served.stderr).toBe('');
    for (const hidden of [outboundSecret, unreachableOdoo.ODOO_API_KEY, 'customer@example.com']) {
      expect(served.stdout).not.toContain(hidden);
    }

    const { exitCode, stdout } = await run(['inbox', 'list', '--json'], env);
    expect(exitCode).toBe(0);
    const listed = JSON.parse(stdout) as { unclaimed: number; states: Record<string, number> };
    const held = Object.values(listed.states).reduce((sum, count) => sum + count, listed.unclaimed);
    expect(held).toBe(1);
  });

  it('an unknown entry is refused, with the command that lists entries', async () => {
    const env = await createInbox();
    const { exitCode, stderr } = await run(['inbox', 'show', '7'], env);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'INBOX_ENTRY_UNKNOWN: The inbox has no entry 7. See which entries there are with: sweego-odoo-bridge inbox list\n',
    );
  });

  it('a mistyped DATABASE_URL ends with 2 and creates no file', async () => {
    const directory = await temporaryDirectory();
    const env = { DATABASE_URL: `file:${join(directory, 'data', 'bridge.sqlit')}` };
    const { exitCode, stdout, stderr } = await run(['inbox', 'list'], env);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^INBOX_FILE_MISSING: There is no inbox at .*Set DATABASE_URL/);
    expect(await readdir(directory)).toEqual([]);
  });

  it('entries are discarded by typed filters, and scripts see the result', async () => {
    const env = await createInbox(['{"event_type":"delivered","recipient":"ann@example.com"}']);
    const filters = ['--state', 'received', 'waiting', '--kind', 'outbound', '--newer-than', '1h'];
    const named = [...filters, '--recipient', 'Ann <ANN@example.com>', '--limit', '5', '--json'];
    const discarded = await run(['inbox', 'discard', ...named, '--reason', 'a test'], env);
    expect(discarded).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(discarded.stdout)).toMatchObject({
      entries: [{ id: 1, was: 'received', result: 'done' }],
    });
    const refused = await run(['inbox', 'discard', '1', '2', '--reason', 'a test', '--json'], env);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^INBOX_ENTRIES_UNCHANGED: 2 of 2 entries could not be discarded\. 1: /);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      entries: [{ result: 'settled' }, { result: 'unknown' }],
    });
  }, 60_000);

  it('continues quietly when the reader of its output closes the pipe', async () => {
    const env = await createInbox(['{"event_type":"delivered"}']);
    const { child, ended } = start(['inbox', 'discard', '1', '--reason', 'a test'], env);
    child.stdout.destroy();
    expect(await ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await run(['inbox', 'show', '1', '--json'], env)).stdout).toContain('"discarded: a test"');
  });

  it('--now writes its log separately from the result', async () => {
    const env = await createInbox(['{"event_type":"delivered","recipient":"ann@example.com"}']);
    const { exitCode, stdout, stderr } = await run(['inbox', 'replay', '--now', '1', '--json'], {
      ...unreachableOdoo,
      ...env,
    });
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ worker: 'now', odoo: 'ODOO_UNREACHABLE' });
    expect(stderr).toContain('Odoo is unavailable: pausing');
    expect(stderr).toContain('INBOX_REPLAY_UNFINISHED: 1 of 1 entries have not been brought to Odoo');
  });
});
