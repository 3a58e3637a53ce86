import { parseArgs } from 'node:util';
import { benchApply } from './bench-apply.ts';
import { benchRule } from './bench-rule.ts';

const usage = `npm run bench -- apply [--mails 2000]   delivered events brought to Odoo, one by one and by the bridge
npm run bench -- rule [--mails 500]     what the automation rule costs when Odoo creates a mail

Both need root on Debian: they start the real Odoo 19 (config/real-odoo.sh start; it goes on running
afterwards, end it with config/real-odoo.sh stop) and work in databases of their own, which they drop.`;

/** Figures are printed and never asserted; the exit code tells whether the work itself was right. */
async function main(words: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { mails: { type: 'string' } },
  });
  const [name] = positionals;
  const mails = values.mails === undefined ? undefined : Number(values.mails);
  const isUsable = mails === undefined || (Number.isInteger(mails) && mails > 0);
  if (positionals.length !== 1 || !isUsable || (name !== 'apply' && name !== 'rule')) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  if (name === 'apply') return (await benchApply(mails ?? 2000, print)) ? 0 : 1;
  return (await benchRule(mails ?? 500, print)) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
