import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { addInboxCommands } from '../../src/commands/inbox-command-line.ts';
import { createOperatorInbox, eventBody } from '../support/inbox/operator-inbox.ts';

/** Runs what an operator types after `sweego-odoo-bridge inbox`, on an inbox in a temporary file. */
async function createCommandLine() {
  const operator = await createOperatorInbox();
  const written: string[] = [];
  const type = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const program = new Command('sweego-odoo-bridge').exitOverride();
    const write = (text: string) => void written.push(text);
    program.configureOutput({ writeOut: write, writeErr: write });
    addInboxCommands(program, {
      source: { env: { DATABASE_URL: operator.databaseUrl, ...env }, readFile: () => '' },
      now: operator.deps.now,
      out: operator.deps.out,
      writeLog: write,
    });
    await program.parseAsync(['inbox', ...args], { from: 'user' });
  };
  return { ...operator, type, written };
}

describe('the inbox command line', () => {
  it.each([
    [['replay', '--limit', '0', '1'], 'It must be a whole number from 1.'],
    [['replay', '1', 'x'], 'It must be a whole number from 1.'],
    [['replay', '--all'], "unknown option '--all'"],
    [['discard', '1'], "required option '--reason <text>' not specified"],
    [['erase'], "required option '--recipient <address>' not specified"],
    [['list', '--kind', 'sms'], 'Allowed choices are outbound, inbound, log.'],
    [['list', '--state', 'lost'], 'Allowed choices are received'],
    [['list', '5'], 'too many arguments'],
    [['forget'], "unknown command 'forget'"],
  ])('refuses %j', async (args, words) => {
    const { type, written, lines } = await createCommandLine();
    await expect(type(args)).rejects.toThrow(CommanderError);
    expect(written.join('')).toContain(words);
    expect(lines).toEqual([]);
  });

  it.each([
    [['replay'], 'INBOX_SELECTION_INVALID'],
    [['replay', '--limit', '10'], 'INBOX_SELECTION_INVALID'],
    [['replay', '1', '--older-than', '2h'], 'INBOX_SELECTION_INVALID'],
    [['discard', '--reason', 'x'], 'INBOX_SELECTION_INVALID'],
    [['discard', '1', '--reason', ' '], 'INBOX_OPTION_INVALID'],
    [['erase', '--recipient', 'ann'], 'INBOX_OPTION_INVALID'],
    [['list', '--newer-than', '1w'], 'INBOX_OPTION_INVALID'],
    [['replay', '1', '--now'], 'CONFIG_INVALID'],
  ])('refuses %j as %s', async (args, code) => {
    const { type, lines } = await createCommandLine();
    await expect(type(args)).rejects.toMatchObject({ code });
    expect(lines).toEqual([]);
  });

  it.each(['list', 'show', 'replay', 'discard', 'erase'])('explains `%s` on --help', async (command) => {
    const { type, written } = await createCommandLine();
    await expect(type([command, '--help'])).rejects.toMatchObject({ exitCode: 0 });
    expect(written.join('')).toContain(`Usage: sweego-odoo-bridge inbox ${command}`);
    expect(written.join('')).toContain('--json');
  });

  it('creates no file for a mistyped path, in any command', async () => {
    const { type, directory } = await createCommandLine();
    const DATABASE_URL = `file:${join(directory, 'data', 'bridge.sqlit')}`;
    for (const args of [
      ['list'],
      ['show', '1'],
      ['replay', '1'],
      ['discard', '1', '--reason', 'x'],
      ['erase', '--recipient', 'ann@example.com'],
    ]) {
      await expect(type(args, { DATABASE_URL })).rejects.toMatchObject({ code: 'INBOX_FILE_MISSING' });
    }
    expect(existsSync(join(directory, 'data'))).toBe(false);
  });

  it('passes every filter on', async () => {
    const { type, put, park, printed } = await createCommandLine();
    await put([eventBody('ann@example.com'), eventBody('bob@example.com')]);
    const [ann = 0, bob = 0] = await park();
    const listed = async (...args: string[]) => {
      await type(['list', '--json', ...args]);
      return (printed()['entries'] as { id: number }[]).map(({ id }) => id);
    };
    expect(await listed()).toEqual([bob, ann]);
    expect(await listed('--limit', '1')).toEqual([bob]);
    expect(await listed('--state', 'received', 'parked', '--kind', 'outbound')).toEqual([bob, ann]);
    expect(await listed('--state', 'received', 'waiting')).toEqual([]);
    expect(await listed('--kind', 'inbound')).toEqual([]);
    expect(await listed('--recipient', 'ann@example.com')).toEqual([ann]);
    expect(await listed('--older-than', '179m')).toEqual([ann]);
    expect(await listed('--newer-than', '10740s')).toEqual([bob]);
    expect(await listed('--message-id', '<1.2-openerp-7-sale.order@odoo.example.com>')).toEqual([bob, ann]);
    expect(await listed('--message-id', '<other@odoo.example.com>')).toEqual([]);
  });
});
