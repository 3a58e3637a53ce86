import { setTimeout as sleep } from 'node:timers/promises';
import { recallReconciliations } from '../../../src/flows/reconciliation/reconciliation-runs.ts';
import type { ReconciliationRun } from '../../../src/flows/reconciliation/reconciliation-runs.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { startBridge } from '../../support/bridge/bridge-process.ts';
import { openOdooGate } from '../../support/odoo/odoo-gate.ts';
import { openBenchOdoo } from '../bench-odoo.ts';
import type { BenchOdoo } from '../bench-odoo.ts';
import { runBridgeCommand } from '../bridge-command.ts';
import { startProgram } from '../child-program.ts';
import { createDatabase } from '../databases.ts';
import { watchOdooTraffic } from '../odoo-traffic.ts';
import type { CallTraffic } from '../odoo-traffic.ts';
import { cpuMsOf, peakBytesOf, residentBytesOf } from '../process-usage.ts';
import type { LogReading } from './log-client.ts';
import type { LogContents } from './log-rows.ts';
import type { LogTraffic } from './log-server.ts';

const idleMs = 5_000;
const lookEveryMs = 100;
/** A run without progress for this long fails. */
const stallLimitMs = 120_000;

/** One reconciliation, as seen from outside the bridge's process. */
export type Reconciled = {
  /** Rows that were read, duplicates included. */
  rows: number;
  news: number;
  isComplete: boolean;
  pending: CallTraffic;
  read: CallTraffic;
  apply: CallTraffic;
  log: LogTraffic;
  /** When the bridge had read the whole log, milliseconds since 1970. */
  readAt: number;
  /** When the last event was in Odoo; the same as `readAt` when there was nothing new. */
  appliedAt: number;
  /** Whether the worker applied events in Odoo while the bridge was still reading the log. */
  isConcurrent: boolean;
  peakBytes: number;
  /** Processor time of the whole process. */
  cpuMs: number;
};

export type ReconcileStage = {
  bench: BenchOdoo;
  setLog(contents: LogContents): Promise<void>;
  /** Reads the same log with a client that does nothing else. */
  readPlainly(): Promise<LogReading>;
  /** Runs the command `reconcile`, which also applies its findings in Odoo. */
  reconcile(): Promise<Reconciled>;
  /** Runs `serve` with nothing to do: its resident memory now, and the highest so far. */
  idle(): Promise<{ bytes: number; peakBytes: number }>;
  /** Runs `serve` until one scheduled run is over and its findings are in Odoo. The run begins after about a minute. */
  reconcileWhileServing(): Promise<Reconciled>;
  close(): Promise<void>;
};

/** A real Odoo behind a gate that counts calls, a stand-in for Sweego's log, and an inbox in SQLite. */
export async function openReconcileStage(): Promise<ReconcileStage> {
  const bench = await openBenchOdoo();
  const gate = await openOdooGate(bench.url);
  const traffic = watchOdooTraffic(gate);
  const server = startProgram('reconcile/log-server', []);
  const sweego = await server.nextLine();
  const database = await createDatabase(undefined);
  const environment = {
    ODOO_URL: gate.url,
    ODOO_DATABASE: bench.database,
    ODOO_API_KEY: bench.bridgeApiKey,
    DATABASE_URL: database.url,
    SWEEGO_API_URL: sweego,
    SWEEGO_API_KEY: 'bench-key',
  };

  async function figuresOf(
    run: ReconciliationRun,
    usage: Pick<Reconciled, 'isConcurrent' | 'peakBytes' | 'cpuMs'>,
  ): Promise<Reconciled> {
    const readAt = new Date(run.endedAt).getTime();
    const apply = traffic.of('apply');
    return {
      rows: run.domains.reduce((sum, { rows }) => sum + rows, 0),
      news: run.news,
      isComplete: run.outcome === 'complete' && run.unreadable === 0,
      pending: traffic.of('pending'),
      read: traffic.of('read'),
      apply,
      log: (await (await fetch(`${sweego}/seen`)).json()) as LogTraffic,
      readAt,
      appliedAt: Math.max(readAt, apply.lastAnsweredAt),
      ...usage,
    };
  }

  return {
    bench,
    async setLog(contents) {
      await fetch(`${sweego}/contents`, { method: 'PUT', body: JSON.stringify(contents) });
    },
    async readPlainly() {
      const client = startProgram('reconcile/log-client', [sweego]);
      try {
        return JSON.parse(await client.nextLine()) as LogReading;
      } finally {
        await client.end();
      }
    },
    async reconcile() {
      traffic.reset();
      await fetch(`${sweego}/seen`);
      const { exitCode, peakBytes, cpuMs } = await runBridgeCommand(['reconcile'], environment);
      if (exitCode !== 0) throw new Error(`reconcile ended with exit code ${exitCode}.`);
      const inbox = await openInbox(database.url);
      try {
        const [run] = (await recallReconciliations(inbox, new Date())).runs;
        if (run === undefined) throw new Error('reconcile kept no run.');
        return await figuresOf(run, { isConcurrent: false, peakBytes, cpuMs });
      } finally {
        await inbox.close();
      }
    },
    async idle() {
      const bridge = await startBridge(environment);
      try {
        await sleep(idleMs);
        return { bytes: await residentBytesOf(bridge.pid), peakBytes: await peakBytesOf(bridge.pid) };
      } finally {
        await bridge.stop();
      }
    },
    async reconcileWhileServing() {
      traffic.reset();
      await fetch(`${sweego}/seen`);
      const begin = new Date();
      // The slot is late enough for the program to start before it.
      const slot = new Date(begin.getTime() + 75_000);
      const bridge = await startBridge({
        ...environment,
        RECONCILE_CRON: `${slot.getUTCMinutes()} ${slot.getUTCHours()} * * *`,
      });
      const inbox = await openInbox(database.url);
      try {
        let settled = 0;
        let since = Date.now();
        for (;;) {
          const { unclaimed, states } = await inbox.status();
          const [run] = (await recallReconciliations(inbox, begin)).runs;
          const isDone = run !== undefined && new Date(run.startedAt) > begin;
          const open = unclaimed + states.received + states.claimed + states.waiting;
          if (isDone && open === 0) {
            const { pid } = bridge;
            const usage = { peakBytes: await peakBytesOf(pid), cpuMs: await cpuMsOf(pid) };
            return await figuresOf(run, { isConcurrent: true, ...usage });
          }
          if (states.settled > settled) [settled, since] = [states.settled, Date.now()];
          if (Date.now() - since > stallLimitMs) {
            throw new Error(`serve has come to nothing:\n${bridge.logs()}`);
          }
          await sleep(lookEveryMs);
        }
      } finally {
        await inbox.close();
        await bridge.stop();
      }
    },
    async close() {
      await server.end();
      await gate.close();
      await database.drop();
      await bench.close();
    },
  };
}
