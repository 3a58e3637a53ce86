#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { runInboxList, runInboxShow } from './commands/inbox.ts';
import type { InboxListOptions, InboxShowOptions } from './commands/inbox.ts';
import { runProvision } from './commands/provision.ts';
import type { ProvisionOptions } from './commands/provision.ts';
import { openBridge } from './commands/serve.ts';
import { parseInboxConfig, parseProvisionConfig, parseServeConfig } from './config.ts';
import { BridgeError } from './errors.ts';
import { createLog, describeError } from './log.ts';

const source = { env: process.env, readFile: (path: string) => readFileSync(path, 'utf8') };
const now = () => new Date();
const out = (line: string) => void process.stdout.write(`${line}\n`);
const states = ['received', 'claimed', 'waiting', 'settled', 'parked'];
const directions = ['outbound', 'inbound', 'log'];

async function serve(): Promise<void> {
  const config = parseServeConfig(source);
  const log = createLog({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => void process.stdout.write(line),
    now,
    secrets: config.secrets,
  });
  const stopAsked = new Promise<string>((resolve) => {
    // Once: a second signal ends the process at once, as people expect of it.
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve(signal));
  });
  const bridge = await openBridge(config, { now, log });
  log.info({ signal: await stopAsked }, 'stopping');
  await bridge.close();
}

function createProgram(): Command {
  const program = new Command('sweego-odoo-bridge')
    .description('Bridge between the Sweego e-mail platform and Odoo 19')
    .exitOverride();

  program.command('serve').description('take webhooks and bring them to Odoo, until SIGTERM').action(serve);

  program
    .command('provision')
    .description("bring what the bridge needs into Odoo, with an administrator's credentials")
    .addOption(new Option('--plan', 'only say what would change').default(false))
    .addOption(new Option('--remove', 'take everything away again').default(false))
    .addOption(new Option('--create-user', "make the bridge's own user and print its key").default(false))
    .addOption(new Option('--new-key', 'replace the API key of that user and print it').default(false))
    .addOption(new Option('--json', 'print the result as JSON').default(false))
    .action((options: ProvisionOptions) => runProvision(parseProvisionConfig(source), options, out));

  const inbox = program.command('inbox').description('look at what was received');
  inbox
    .command('list')
    .description('entries, newest first')
    .addOption(new Option('--state <state...>', 'only entries in these states').choices(states))
    .addOption(new Option('--kind <kind...>', 'only entries of these kinds').choices(directions))
    .option('--limit <count>', 'how many at most', wholeNumber, 100)
    .addOption(new Option('--json', 'print the result as JSON').default(false))
    .action(
      ({
        state,
        kind,
        ...rest
      }: {
        state?: InboxListOptions['states'];
        kind?: InboxListOptions['directions'];
        limit: number;
        json: boolean;
      }) =>
        runInboxList(
          parseInboxConfig(source),
          { ...rest, ...(state && { states: state }), ...(kind && { directions: kind }) },
          { now, out },
        ),
    );
  inbox
    .command('show')
    .description('one entry and its history')
    .argument('<id>', 'number of the entry', wholeNumber)
    .addOption(new Option('--body', 'print the body too: it holds addresses and texts').default(false))
    .addOption(new Option('--json', 'print the result as JSON').default(false))
    .action((id: number, options: InboxShowOptions) =>
      runInboxShow(parseInboxConfig(source), id, options, { now, out }),
    );
  return program;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

/** 0: fine. 1: failed. 2: usage or configuration. */
function report(error: unknown): 0 | 1 | 2 {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof BridgeError) {
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return /^(CONFIG_|INBOX_URL_INVALID$)/.test(error.code) ? 2 : 1;
  }
  const { error: name, at } = describeError(error);
  const place = Array.isArray(at) ? ` ${String(at[0])}` : '';
  process.stderr.write(
    `UNEXPECTED: ${String(name)}${place}. This is a fault of the bridge: please report it.\n`,
  );
  return 1;
}

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}
