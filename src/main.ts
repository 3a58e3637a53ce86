#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { runMessage } from './commands/message.ts';
import type { MessageOptions } from './commands/message.ts';
import { runProvision } from './commands/provision.ts';
import type { ProvisionOptions } from './commands/provision.ts';
import { runReconcile } from './commands/reconcile.ts';
import type { ReconcileOptions } from './commands/reconcile.ts';
import { openBridge } from './bridge/bridge.ts';
import { parseProvisionConfig, parseServeConfig } from './config.ts';
import { BridgeError } from './errors.ts';
import { addInboxCommands } from './commands/inbox-command-line.ts';
import { createLog, describeError } from './log.ts';

const source = { env: process.env, readFile: (path: string) => readFileSync(path, 'utf8') };
const now = () => new Date();
const out = (line: string) => void process.stdout.write(`${line}\n`);
const writeLog = (line: string) => void process.stderr.write(line);

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

  program
    .command('reconcile')
    .description("look up in Sweego's log what became of the mails that Odoo waits for")
    .addOption(
      new Option('--days <n>', 'how many days to look back, RECONCILE_DAYS when left out').argParser(days),
    )
    .addOption(new Option('--list', 'only show the last runs').default(false))
    .addOption(new Option('--json', 'print the result as JSON').default(false))
    .addHelpText('after', reconcileHelp)
    .action((options: ReconcileOptions) => {
      const config = parseServeConfig(source);
      const { logLevel, logFormat, secrets } = config;
      const log = createLog({ level: logLevel, format: logFormat, write: writeLog, now, secrets });
      return runReconcile(config, options, { now, out, log });
    });

  program
    .command('message')
    .description('did the customer get it? Every recipient, event, attempt and reply of a message')
    .argument('<message>', 'its Message-Id, or the name of its document, such as S00042')
    .addOption(new Option('--ask-sweego', "also ask Sweego's log now").default(false))
    .addOption(
      new Option('--time-zone <name>', 'zone of the printed times, such as Europe/Paris')
        .default(new Intl.DateTimeFormat().resolvedOptions().timeZone)
        .argParser(timeZone),
    )
    .addOption(new Option('--json', 'print the result as JSON, times in UTC').default(false))
    .addHelpText('after', messageHelp)
    .action((message: string, options: MessageOptions) =>
      runMessage(parseServeConfig(source), message, options, { now, out }),
    );

  addInboxCommands(program, { source, now, out, writeLog });
  return program;
}

const reconcileHelp = `
What is new is brought to Odoo by the running serve, or from here when none runs; so is what earlier runs left.
It works on the inbox that serve uses (DATABASE_URL).
Exit codes: 0 done, 1 Sweego's log was not read to its end or Odoo was not told all, 2 usage or configuration.`;

const messageHelp = `
It says of each recipient, as Odoo shows it now:
  delivered               he has it
  failed                  it will not reach him
  failed for now          a mail server refused it for the time being
  waits to be sent again  it failed, and Odoo will send it once more
  no word yet             it was sent, and Sweego has not told what became of it
  not sent yet            Odoo has it in its queue
  failed in Odoo          Odoo could not send it
  cancelled in Odoo       nobody will send it
Exit codes: 0 found, 1 not known or something failed, 2 usage or configuration.`;

function days(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number from 1 to 999.');
}

function timeZone(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    // RangeError: there is no such zone.
    throw new InvalidArgumentError('Give the name of a time zone, such as Europe/Paris.');
  }
}

const usageErrors =
  /^(CONFIG_\w+|INBOX_(URL_INVALID|ENGINE_MISSING|FILE_MISSING|OPTION_INVALID|SELECTION_INVALID))$/;

/** 0: fine. 1: failed. 2: usage or configuration. */
function report(error: unknown): 0 | 1 | 2 {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof BridgeError) {
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return usageErrors.test(error.code) ? 2 : 1;
  }
  const { error: name, at } = describeError(error);
  const place = Array.isArray(at) ? ` ${String(at[0])}` : '';
  process.stderr.write(
    `UNEXPECTED: ${String(name)}${place}. This is a fault of the bridge: please report it.\n`,
  );
  return 1;
}

// Whoever reads may leave (`inbox list | head`): that is no fault of the command, and none that ends `serve`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}
