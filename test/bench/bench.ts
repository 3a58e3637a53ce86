import { parseArgs } from 'node:util';
import { benchApply } from './bench-apply.ts';
import { benchRule } from './bench-rule.ts';
import { benchIntake } from './intake/bench-intake.ts';
import { benchReconcile } from './reconcile/bench-reconcile.ts';

const usage = `npm run bench -- intake [--requests 20000] [--rounds 5] [--concurrency 64] [--postgres URL]
                                        webhooks taken, beside what a bare Hono handler takes
npm run bench -- apply [--mails 2000]   delivered events brought to Odoo, one by one and by the bridge
npm run bench -- rule [--mails 500]     what the automation rule costs when Odoo creates a mail
npm run bench -- reconcile [--mails 10000] [--rows 100000]
                                        mails that wait, looked up in a log of so many rows

intake needs Linux, and for a line about PostgreSQL a URL (config/real-odoo.sh postgresql prints one). The others need root on Debian: they start the real Odoo 19
(config/real-odoo.sh start; it goes on running afterwards, end it with config/real-odoo.sh stop) and work in
databases of their own, which they drop.`;

const options = {
  mails: { type: 'string' },
  rows: { type: 'string' },
  requests: { type: 'string' },
  rounds: { type: 'string' },
  concurrency: { type: 'string' },
  postgres: { type: 'string' },
} as const;

type Numbers = { [Name in Exclude<keyof typeof options, 'postgres'>]?: number };
type Print = (line: string) => void;

const benches: Readonly<
  Record<string, (numbers: Numbers, postgresUrl: string | undefined, print: Print) => Promise<boolean>>
> = {
  intake: ({ requests = 20_000, rounds = 5, concurrency }, postgresUrl, print) =>
    benchIntake(
      {
        requests,
        rounds,
        ...(concurrency && { concurrencies: [concurrency] }),
        ...(postgresUrl && { postgresUrl }),
      },
      print,
    ),
  apply: ({ mails = 2000 }, _, print) => benchApply(mails, print),
  reconcile: ({ mails = 10_000, rows = 100_000 }, _, print) => benchReconcile({ mails, rows }, print),
  rule: ({ mails = 500 }, _, print) => benchRule(mails, print),
};

/** Figures are printed and never asserted; the exit code shows whether the work itself was right. */
async function main(words: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({ args: [...words], allowPositionals: true, options });
  const [name = ''] = positionals;
  const bench = benches[name];
  const { postgres, ...texts } = values;
  const numbers = Object.fromEntries(Object.entries(texts).map(([option, text]) => [option, Number(text)]));
  const isUsable = Object.values(numbers).every((number) => Number.isInteger(number) && number > 0);
  if (bench === undefined || positionals.length !== 1 || !isUsable) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  return (await bench(numbers, postgres, (line) => void process.stdout.write(`${line}\n`))) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
