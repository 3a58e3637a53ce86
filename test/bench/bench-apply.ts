import { openBenchOdoo } from './bench-odoo.ts';
import type { BenchOdoo } from './bench-odoo.ts';
import { confirmByBridge } from './bridge-worker.ts';
import type { WorkerTimes } from './bridge-worker.ts';
import { allowAdministratorNotifications, confirmOneByOne } from './plain-client.ts';
import { createPendingMails, readEndState } from './reconcile/pending-mails.ts';
import type { PendingMail } from './reconcile/pending-mails.ts';

type Print = (line: string) => void;

/** The serial client confirms one mail in this many: it is slow, and a smaller sample gives the same figure. */
const serialShare = 5;
const warmUpMails = 20;

/**
 * Confirms the same number of pending mails by a simple client and by the bridge, and prints events per second
 * of both.
 *
 * @returns whether both left Odoo in the same state: every mail deleted, every notification confirmed
 */
export async function benchApply(count: number, print: Print): Promise<boolean> {
  const bench = await openBenchOdoo();
  try {
    await allowAdministratorNotifications(bench);
    const serial = await createPendingMails(bench.administrator, 'serial', Math.ceil(count / serialShare));
    const parallel = await createPendingMails(bench.administrator, 'parallel', count);
    const bridge = await createPendingMails(bench.administrator, 'bridge', count);
    await warmUp(bench);

    print(
      `${count} pending mails, each with one recipient; real Odoo 19, 2 workers, database ${bench.database}`,
    );
    const serialMs = await confirmOneByOne(bench, serial, 1);
    print(line('(a) one RPC sequence per event, one client', serial, serialMs));
    const parallelMs = await confirmOneByOne(bench, parallel, 2);
    print(line('(a) one RPC sequence per event, two clients', parallel, parallelMs));
    const times = await confirmByBridge(bench, bridge);
    print(line('(b) the bridge', bridge, times.wallMs));
    print(`ratio (b) / (a) with two clients: ${(parallelMs / times.wallMs).toFixed(1)}`);
    print(
      `ratio (b) / (a) with one client:  ${(serialMs / serial.length / (times.wallMs / count)).toFixed(1)}`,
    );
    for (const text of shares(times, count)) print(text);

    const ends = [];
    for (const [name, mails] of Object.entries({ serial, parallel, bridge })) {
      const end = await readEndState(bench.administrator, mails);
      ends.push(end.mails === 0 && end.notifications === mails.length && end.confirmed === mails.length);
      print(
        `end state, ${name}: ${end.mails} of ${mails.length} mails left, ${end.confirmed} of ` +
          `${end.notifications} notifications confirmed`,
      );
    }
    return !ends.includes(false);
  } finally {
    await bench.close();
  }
}

/** Before the clock starts, both workers must have loaded the database and planned their first statements. */
async function warmUp(bench: BenchOdoo): Promise<void> {
  const mails = await createPendingMails(bench.administrator, 'warm', 2 * warmUpMails);
  await confirmOneByOne(bench, mails.slice(0, warmUpMails), 2);
  await confirmByBridge(bench, mails.slice(warmUpMails));
}

function line(name: string, mails: readonly PendingMail[], ms: number): string {
  const perSecond = ((mails.length / ms) * 1000).toFixed(0);
  return `${name.padEnd(45)} ${perSecond.padStart(6)} events/s  (${mails.length} in ${(ms / 1000).toFixed(2)} s)`;
}

function shares(times: WorkerTimes, count: number): string[] {
  const { wallMs, readMs, applyMs, odooMs, inboxMs } = times;
  const parts: [string, number][] = [
    ['read (call of the action)', readMs],
    ['apply (call of the action)', applyMs],
    ['inbox (claim, settle)', inboxMs],
    ['the rest (parsing events, rules)', wallMs - readMs - applyMs - inboxMs],
  ];
  return [
    `(b) in parts, ${times.rounds} batches:`,
    ...parts.map(([name, ms]) => part(name, ms, wallMs, count)),
    part('of read and apply: waiting for Odoo', odooMs, wallMs, count),
  ];
}

function part(name: string, ms: number, wallMs: number, count: number): string {
  const share = `${((ms / wallMs) * 100).toFixed(0)} %`;
  return `    ${name.padEnd(41)} ${share.padStart(6)}  ${(ms / count).toFixed(3)} ms per event`;
}
