import { startProgram } from '../child-program.ts';
import { createDatabase } from '../databases.ts';
import { cpuMsOf } from '../process-usage.ts';
import { bareVariant, drainingVariant, variantWithoutOdoo } from './intake-servers.ts';
import type { IntakeVariant } from './intake-servers.ts';
import type { LoadReport } from './webhook-load.ts';

type Print = (line: string) => void;

/** One run of one variant. Rates are per second; `drained` counts what the worker settled during the run. */
type Measurement = {
  requests: number;
  p50Ms: number;
  p99Ms: number;
  slowestMs: number;
  /** Processor time of the server per request, microseconds. Other work of the machine does not change it. */
  cpuMicroseconds: number;
  drained: number;
};

const concurrencies = [1, 16, 64];
/** One request at a time is slow, so this run sends one request in this many. */
const serialShare = 5;
const warmUpShare = 3;

/**
 * Sends signed webhooks to a bare Hono handler and to the built bridge in alternation, each in a process of its own,
 * and prints medians over the rounds. Each ratio compares servers that ran one directly after the other.
 *
 * @returns whether every webhook was answered with 200, and was in the inbox afterwards
 */
export async function benchIntake(
  options: {
    requests: number;
    rounds: number;
    concurrencies?: readonly number[];
    /** Of a role that may create databases; without it only SQLite is measured. */
    postgresUrl?: string;
  },
  print: Print,
): Promise<boolean> {
  const { postgresUrl } = options;
  const engines: { name: string; url: string | undefined }[] = [{ name: '(b) SQLite', url: undefined }];
  if (postgresUrl !== undefined) engines.push({ name: '(c) PostgreSQL', url: postgresUrl });
  else print('(c) PostgreSQL is left out: no --postgres URL is given');
  const variants = [
    bareVariant,
    ...engines.flatMap(({ name, url }) => [
      variantWithoutOdoo(name, () => createDatabase(url)),
      drainingVariant(name, () => createDatabase(url)),
    ]),
  ];
  print(`signed webhooks of about 800 bytes; medians of ${options.rounds} rounds in which all take turns`);
  let isRight = true;
  for (const concurrency of options.concurrencies ?? concurrencies) {
    const count = concurrency === 1 ? Math.ceil(options.requests / serialShare) : options.requests;
    print(`\nconcurrency ${concurrency}, ${count} requests`);
    const measured = new Map<string, Measurement[]>();
    for (let round = 0; round < options.rounds; round += 1) {
      for (const variant of variants) {
        const { measurement, faults } = await measure(variant, concurrency, count);
        measured.set(variant.name, [...(measured.get(variant.name) ?? []), measurement]);
        for (const fault of faults) print(`WRONG: ${variant.name}: ${fault}`);
        if (faults.length > 0) isRight = false;
      }
    }
    const bare = measured.get(bareVariant.name) ?? [];
    for (const [name, runs] of measured) print(lineOf(name, runs, bare));
  }
  return isRight;
}

async function measure(
  variant: IntakeVariant,
  concurrency: number,
  count: number,
): Promise<{ measurement: Measurement; faults: string[] }> {
  const warmUp = Math.ceil(count / warmUpShare);
  const server = await variant.open();
  const load = startProgram('intake/webhook-load', [server.url, concurrency, warmUp, count].map(String));
  try {
    await load.nextLine();
    const cpuBefore = await cpuMsOf(server.pid);
    const settledBefore = (await server.countStored())?.settled ?? 0;
    const report = JSON.parse(await load.nextLine()) as LoadReport;
    const cpuMs = (await cpuMsOf(server.pid)) - cpuBefore;
    const kept = await server.countStored();
    const { wallMs, p50Ms, p99Ms, slowestMs, statuses } = report;
    return {
      measurement: {
        requests: (count / wallMs) * 1000,
        p50Ms,
        p99Ms,
        slowestMs,
        cpuMicroseconds: (cpuMs / count) * 1000,
        drained: (((kept?.settled ?? 0) - settledBefore) / wallMs) * 1000,
      },
      faults: faultsOf(statuses, kept?.stored, warmUp + count),
    };
  } finally {
    await load.end();
    await server.close();
  }
}

function faultsOf(statuses: Record<string, number>, stored: number | undefined, sent: number): string[] {
  const faults: string[] = [];
  if (statuses['200'] !== sent) faults.push(`of ${sent} requests: ${JSON.stringify(statuses)}`);
  if (stored !== undefined && stored !== sent) faults.push(`${sent} sent, ${stored} in the inbox`);
  return faults;
}

function lineOf(name: string, runs: readonly Measurement[], bare: readonly Measurement[]): string {
  const middle = (pick: (run: Measurement) => number): number => median(runs.map(pick));
  const ratios = runs.map((run, round) => run.requests / (bare[round]?.requests ?? Number.NaN));
  const drained = middle((run) => run.drained);
  return [
    name.padEnd(30),
    `${middle((run) => run.requests).toFixed(0)} requests/s`.padStart(16),
    `p50 ${middle((run) => run.p50Ms).toFixed(1)} ms`.padStart(13),
    `p99 ${middle((run) => run.p99Ms).toFixed(1)} ms`.padStart(13),
    `slowest ${middle((run) => run.slowestMs).toFixed(0)} ms`.padStart(15),
    `cpu ${middle((run) => run.cpuMicroseconds).toFixed(0)} µs`.padStart(11),
    `ratio ${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')})`.padStart(12),
    drained > 0 ? `drained ${drained.toFixed(0)}/s` : '',
  ].join('  ');
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
