import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { soakBacklog } from './soak-backlog.ts';
import { soakMemory } from './soak-memory.ts';

const usage = `npm run soak -- memory [--requests 200000]     resident memory of the bridge while it takes so many webhooks
npm run soak -- backlog [--entries 1000000]    how fast a pile of so many entries is drained, beside a small one
npm run soak -- crash                          the crash journeys with 500 events, on a real Odoo

The first two take --postgres URL to keep the inbox there (config/real-odoo.sh postgresql prints one); without it
it is in SQLite. They need Linux, and 5 kB of disk per entry.`;

/** Figures are printed and never asserted; the exit code shows whether the work itself was right. */
async function main(words: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { requests: { type: 'string' }, entries: { type: 'string' }, postgres: { type: 'string' } },
  });
  const [name] = positionals;
  if (name === 'crash') return runCrashJourneys();
  const requests = Number(values.requests ?? 200_000);
  const entries = Number(values.entries ?? 1_000_000);
  const areUsable = [requests, entries].every((number) => Number.isInteger(number) && number > 0);
  if (positionals.length !== 1 || !areUsable || (name !== 'memory' && name !== 'backlog')) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  if (name === 'memory') return (await soakMemory(requests, values.postgres, print)) ? 0 : 1;
  return (await soakBacklog(entries, values.postgres, print)) ? 0 : 1;
}

function runCrashJourneys(): number {
  const words = ['vitest', 'run', '--config', 'config/vitest.soak.config.ts'];
  return spawnSync('npx', words, { stdio: 'inherit' }).status ?? 1;
}

process.exitCode = await main(process.argv.slice(2));
