import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { parseInboxConfig, parseOdooConfigIfSet, parseServeConfig } from '../config.ts';
import type { ConfigSource } from '../config.ts';
import { createLog } from '../log.ts';
import { runInboxDiscard } from './inbox/discard.ts';
import { runInboxErase } from './inbox/erase.ts';
import { runInboxList } from './inbox/list.ts';
import { runInboxReplay } from './inbox/replay.ts';
import type { FilterOptions } from './inbox/selection.ts';
import { runInboxShow } from './inbox/show.ts';
import type { InboxShowOptions } from './inbox/show.ts';

type InboxCommandLineDeps = {
  source: ConfigSource;
  now: () => Date;
  /** Writes one line of the result. */
  out: (line: string) => void;
  /** Writes log lines, each with its line feed. Separate from the result, so that scripts can read the result. */
  writeLog: (line: string) => void;
};

const states = ['received', 'claimed', 'waiting', 'settled', 'parked'];
const kinds = ['outbound', 'inbound', 'log'];

/** Filters as commander parses them. */
type TypedFilters = Omit<FilterOptions, 'states' | 'kinds'> & {
  state?: FilterOptions['states'];
  kind?: FilterOptions['kinds'];
};
type Typed = TypedFilters & { json: boolean };
type TypedChange = Typed & { dryRun: boolean };

/** Adds `inbox` with its commands, by which an operator sees and changes received entries. */
export function addInboxCommands(program: Command, deps: InboxCommandLineDeps): void {
  const { source } = deps;
  const inbox = program
    .command('inbox')
    .description('show and change received entries')
    .addHelpText('after', inboxHelp);

  withFilters(inbox.command('list').description('entries, newest first'))
    .addOption(json())
    .action(({ json, ...typed }: Typed) =>
      runInboxList(parseInboxConfig(source), { ...filtersOf(typed), json }, deps),
    );

  inbox
    .command('show')
    .description('one entry and its history')
    .argument('<id>', 'number of the entry', wholeNumber)
    .addOption(new Option('--body', 'also print the body, with its addresses and texts').default(false))
    .addOption(json())
    .action((id: number, options: InboxShowOptions) =>
      runInboxShow(parseInboxConfig(source), id, options, deps),
    );

  withFilters(
    inbox
      .command('replay')
      .description('make entries due again; filters select only parked ones, unless --state names others')
      .argument('[ids...]', 'numbers of entries', wholeNumbers),
  )
    .addOption(dryRun())
    .option('--to <model,id>', 'post replies on this document of Odoo, such as sale.order,23')
    .addOption(new Option('--now', 'bring them to Odoo with this command when no serve runs').default(false))
    .addOption(json())
    .addHelpText('after', replayHelp)
    .action(
      (ids: number[] | undefined, { now, to, ...typed }: TypedChange & { now: boolean; to?: string }) => {
        const config = now ? parseServeConfig(source) : parseInboxConfig(source);
        const { logLevel, logFormat, secrets } = config;
        const log = createLog({
          level: logLevel,
          format: logFormat,
          write: deps.writeLog,
          now: deps.now,
          secrets,
        });
        const options = { ...changeOf(ids, typed), ...(to !== undefined && { to }) };
        return runInboxReplay(config, options, { ...deps, log });
      },
    );

  withFilters(
    inbox
      .command('discard')
      .description('settle entries without bringing them to Odoo; the reason is kept')
      .argument('[ids...]', 'numbers of entries', wholeNumbers),
  )
    .requiredOption('--reason <text>', 'why, in a few words without personal data')
    .addOption(dryRun())
    .addOption(json())
    .addHelpText('after', discardHelp)
    .action((ids: number[] | undefined, { reason, ...typed }: TypedChange & { reason: string }) =>
      runInboxDiscard(parseOdooConfigIfSet(source), { ...changeOf(ids, typed), reason }, deps),
    );

  inbox
    .command('erase')
    .description('erase the data of one person in the inbox: bodies, files and search terms')
    .requiredOption('--recipient <address>', 'recipient, or sender of a reply')
    .addOption(dryRun())
    .addOption(json())
    .addHelpText('after', eraseHelp)
    .action((options: { recipient: string; dryRun: boolean; json: boolean }) =>
      runInboxErase(parseInboxConfig(source), options, deps),
    );
}

function withFilters(command: Command): Command {
  return command
    .addOption(new Option('--state <state...>', 'only entries in these states').choices(states))
    .addOption(new Option('--kind <kind...>', 'only entries of these kinds').choices(kinds))
    .option('--older-than <age>', 'received longer ago than 90s, 15m, 2h or 1d')
    .option('--newer-than <age>', 'received within the last 90s, 15m, 2h or 1d')
    .option('--message-id <id>', 'about the mail with this Message-Id of Odoo, or a reply to it')
    .option('--recipient <address>', 'with this recipient, or with this sender of a reply')
    .option('--limit <count>', 'maximum number of entries', wholeNumber, 100);
}

function filtersOf({ state, kind, ...rest }: TypedFilters): FilterOptions {
  return { ...rest, ...(state && { states: state }), ...(kind && { kinds: kind }) };
}

function changeOf(ids: number[] | undefined, { json, dryRun, ...typed }: TypedChange) {
  return { ...filtersOf(typed), ids: ids ?? [], json, dryRun };
}

const json = () => new Option('--json', 'print the result as JSON').default(false);
const dryRun = () => new Option('--dry-run', 'only show what would be done').default(false);

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

function wholeNumbers(text: string, earlier: number[] | undefined): number[] {
  return [...(earlier ?? []), wholeNumber(text)];
}

const inboxHelp = `
Kinds: outbound (events of mails that Odoo sent), inbound (replies), log (rows of Sweego's logs).
States: received (due), claimed (a worker works on it), waiting (due later), parked (needs a person), settled (ended).
Exit codes: 0 done, 1 nothing matched or something was not done, 2 usage or configuration.`;

const replayHelp = `
Replaying is safe: nothing is applied or posted twice, even if the entry was applied before or was a duplicate.
A running serve works on replayed entries. Without one, --now does it (this needs the ODOO_ variables). Erased
entries cannot be replayed.
With --to, a reply is posted on that document, even if Odoo already has it on another one. An employee's reply to an
unknown message becomes a note when the document has notes, else a public message.`;

const discardHelp = `
The reason stays in the entry's history. A discarded entry can be replayed while its body is kept.`;

const eraseHelp = `
Erased entries that did not reach Odoo will never reach it: check first, with --dry-run. Entries that a worker works
on are not erased (run it again). Records in Odoo are not erased.`;
