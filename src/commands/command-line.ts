import { Command, InvalidArgumentError, Option } from 'commander';
import { parseProvisionConfig, parseServeConfig } from '../config.ts';
import type { ConfigSource } from '../config.ts';
import { createLog } from '../log.ts';
import { addInboxCommands } from './inbox-command-line.ts';
import { runMessage } from './message.ts';
import type { MessageOptions } from './message.ts';
import { runProvision } from './provision.ts';
import type { ProvisionOptions } from './provision.ts';
import { runReconcile } from './reconcile.ts';
import type { ReconcileOptions } from './reconcile.ts';
import { runServe } from './serve-command.ts';

/** What the commands use of the process that runs them. */
export type CommandLineDeps = {
  source: ConfigSource;
  now: () => Date;
  /** Takes one line of a result. */
  out: (line: string) => void;
  /** Takes lines of the log, each with its line feed: apart from the result, so that scripts can read that. */
  writeLog: (line: string) => void;
  /** Takes lines of the log of `serve`, which has no other output. */
  writeServeLog: (line: string) => void;
  /** Resolves with the name of the signal that asks the process to end. */
  stopAsked: () => Promise<string>;
  /** Makes UTC the time zone of the process. */
  enterUtc: () => void;
};

/** The program with its commands. @throws CommanderError instead of ending the process, when it is parsed */
export function createProgram(deps: CommandLineDeps): Command {
  const { source, now, out, writeLog } = deps;
  const program = new Command('sweego-odoo-bridge')
    .description('Bridge between the Sweego e-mail platform and Odoo 19')
    .exitOverride();

  program
    .command('serve')
    .description('take webhooks and bring them to Odoo, until SIGTERM')
    .action(() => {
      // Before anything counts in local time: node-cron misses an hour of a night in which clocks are set back.
      deps.enterUtc();
      const { writeServeLog: writeLog, stopAsked } = deps;
      return runServe(parseServeConfig(source), { now, writeLog, stopAsked });
    });

  program
    .command('provision')
    .description('install in Odoo what the bridge needs, as an administrator')
    .addOption(new Option('--plan', 'only show what would change').default(false))
    .addOption(new Option('--remove', 'remove everything that provision installed').default(false))
    .addOption(new Option('--create-user', "make the bridge's own user and print its key").default(false))
    .addOption(new Option('--new-key', 'replace the API key of that user and print it').default(false))
    .addOption(new Option('--json', 'print the result as JSON').default(false))
    .action((options: ProvisionOptions) => runProvision(parseProvisionConfig(source), options, out));

  program
    .command('reconcile')
    .description("check Sweego's log for delivery events and replies whose webhook was lost")
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
New events, and those left by earlier runs, are applied by the running serve, or by this command if none runs.
It works on the inbox that serve uses (DATABASE_URL).
Exit codes: 0 done, 1 Sweego's log was not read to its end or some events could not be applied in Odoo,
2 usage or configuration.`;

const messageHelp = `
The state of each recipient, as Odoo shows it now:
  delivered               the mail was delivered
  failed                  the mail will not be delivered
  failed for now          a mail server refused it for the time being
  waits to be sent again  it failed and is queued in Odoo for another attempt
  no word yet             Sweego has reported nothing yet
  not sent yet            Odoo has it in its queue
  failed in Odoo          Odoo could not send it
  cancelled in Odoo       sending was cancelled in Odoo
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
