import type { Reconciled } from './reconcile-stage.ts';

const mebibyte = 1024 * 1024;

/** The speed of reading the log, and the time until everything was in Odoo. */
export function paceOf(name: string, run: Reconciled, plainRowsPerSecond: number): string {
  const rowsPerSecond = perSecond(run.rows, run.readAt - run.log.firstAskedAt);
  const reading =
    run.rows === 0
      ? ''
      : `${rowsPerSecond.toFixed(0)} rows/s`.padStart(13) +
        `  ratio ${(rowsPerSecond / plainRowsPerSecond).toFixed(2)}`;
  const begin = run.isConcurrent ? run.log.firstAskedAt : run.readAt;
  const eventsPerSecond = perSecond(run.news, run.appliedAt - begin).toFixed(0);
  const applying =
    run.news === 0
      ? ''
      : `  ${run.news} events at ${eventsPerSecond}/s, all in Odoo after ${seconds(run.appliedAt - run.pending.firstAt)}`;
  return `    ${name.padEnd(36)}${reading}${applying}`;
}

export function callsOf(name: string, { pending, read, apply, log }: Reconciled): string {
  const pendingMs = pending.lastAnsweredAt - pending.firstAt;
  return (
    `    ${name.padEnd(36)}Odoo: ${pending.calls} pending (${seconds(pendingMs)}), ${read.calls} read, ` +
    `${apply.calls} apply; Sweego: ${log.requests} (${(log.bytes / mebibyte).toFixed(1)} MiB)`
  );
}

/** The highest memory use of each run, and what each further row adds to it. */
export function memoryOf({
  idle,
  runs,
  pairs: { smallNew, wholeNew, smallKnown, wholeKnown },
}: {
  idle: { bytes: number; peakBytes: number };
  runs: Readonly<Record<string, Reconciled>>;
  pairs: Record<'smallNew' | 'wholeNew' | 'smallKnown' | 'wholeKnown', Reconciled>;
}): string[] {
  const rowBytes = wholeKnown.log.bytes / wholeKnown.rows;
  const perRow = (pick: (run: Reconciled) => number) =>
    (pick(wholeKnown) - pick(smallKnown)) / (wholeKnown.rows - smallKnown.rows);
  return [
    `    ${'serve with nothing to do'.padEnd(36)}${mib(idle.peakBytes)} (${mib(idle.bytes)} at rest)`,
    ...Object.entries(runs).map(([name, { peakBytes }]) => `    ${name.padEnd(36)}${mib(peakBytes)}`),
    `    ten times the rows, nothing new: ${(wholeKnown.peakBytes / smallKnown.peakBytes).toFixed(2)} times the memory; ` +
      `a further row of ${rowBytes.toFixed(0)} bytes adds ${perRow(({ peakBytes }) => peakBytes).toFixed(0)} bytes, ` +
      `and ${(perRow(({ cpuMs }) => cpuMs) * 1000).toFixed(0)} µs of processor time`,
    `    ten times the rows, all of it new: ${(wholeNew.peakBytes / smallNew.peakBytes).toFixed(2)} times the memory`,
    '    held at once: one page of at most 500 rows, the ids of each mail that waits and of its events, and a batch of',
    '    500 entries on its way to Odoo; what is above that V8 has not collected yet',
  ];
}

function perSecond(count: number, ms: number): number {
  return (count / ms) * 1000;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function mib(bytes: number): string {
  return (bytes / mebibyte).toFixed(0).padStart(4);
}
