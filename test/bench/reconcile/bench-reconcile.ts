import type { LogContents } from './log-rows.ts';
import { createPendingMails } from './pending-mails.ts';
import type { PendingMail } from './pending-mails.ts';
import { compareWithLog } from './reconcile-check.ts';
import { callsOf, memoryOf, paceOf } from './reconcile-report.ts';
import { openReconcileStage } from './reconcile-stage.ts';
import type { ReconcileStage } from './reconcile-stage.ts';

type Print = (line: string) => void;

/** A small run reads one row in this many. The whole runs are compared with the small ones. */
const smallShare = 10;

/**
 * Reconciles pending mails, every second one with two recipients. The Odoo is real; the log of Sweego holds mostly
 * rows of other senders. Prints the speed of reading, the time until Odoo shows the result, and the memory.
 *
 * At first Sweego reports the mails as `queued`, so that they still wait afterwards and a second run finds nothing
 * new. Then it reports their results.
 *
 * @returns whether Odoo showed the right state of every recipient and every mail after each step
 */
export async function benchReconcile(
  { mails, rows }: { mails: number; rows: number },
  print: Print,
): Promise<boolean> {
  const stage = await openReconcileStage();
  try {
    const idle = await stage.idle();
    const empty = await stage.reconcile();
    const { administrator, database } = stage.bench;
    const few = await createPendingMails(administrator, 'few', Math.ceil(mails / smallShare), 2);
    const many = await createPendingMails(administrator, 'many', mails, 2);
    const fewRows = Math.ceil(rows / smallShare);
    const at = new Date().toISOString();
    const setLog = (own: readonly PendingMail[], count: number, isFinal: boolean) =>
      stage.setLog({ own, rows: count, isFinal, at } satisfies LogContents);
    print(
      `${mails} mails that wait, ${many.length} recipients; a log of ${rows} rows, ${many.length} of them about ours; ` +
        `real Odoo 19, 2 workers, database ${database}`,
    );

    await setLog(few, fewRows, true);
    const smallNew = await stage.reconcile();
    const rightOnes = [await check(stage, few, true, print)];
    await setLog(many, rows, false);
    await stage.readPlainly();
    const plain = await stage.readPlainly();
    const wholeNew = await stage.reconcile();
    rightOnes.push(await check(stage, many, false, print));
    await setLog(many.slice(0, few.length), fewRows, false);
    const smallKnown = await stage.reconcile();
    await setLog(many, rows, false);
    const wholeKnown = await stage.reconcile();
    rightOnes.push(await check(stage, many, false, print));
    await setLog(many, rows, true);
    const served = await stage.reconcileWhileServing();
    rightOnes.push(await check(stage, many, true, print));

    const runs = {
      'nothing waits': empty,
      'all of it new, a tenth of the rows': smallNew,
      'all of it new': wholeNew,
      'nothing new, a tenth of the rows': smallKnown,
      'nothing new': wholeKnown,
      'all of it new, in serve': served,
    };
    print(`\na client that only fetches and parses the pages: ${plain.rowsPerSecond.toFixed(0)} rows/s`);
    for (const [name, run] of Object.entries(runs)) print(paceOf(name, run, plain.rowsPerSecond));
    print('\ncalls');
    for (const [name, run] of Object.entries(runs)) print(callsOf(name, run));
    print("\nmost memory of the bridge's process, MiB");
    for (const line of memoryOf({ idle, runs, pairs: { smallNew, wholeNew, smallKnown, wholeKnown } })) {
      print(line);
    }

    const isAsked = empty.log.requests > 0;
    if (isAsked) print('WRONG: Sweego was asked though nothing waited');
    const areComplete = Object.values(runs).every(({ isComplete }) => isComplete);
    if (!areComplete) print('WRONG: a reconciliation was not complete');
    const isNewsRight = wholeNew.news === many.length && wholeKnown.news === 0 && served.news === many.length;
    if (!isNewsRight) print('WRONG: each recipient is news once for each state of a mail');
    return !rightOnes.includes(false) && !isAsked && areComplete && isNewsRight;
  } finally {
    await stage.close();
  }
}

/** Whether each recipient, each mail and the history in Odoo agree with the log. */
async function check(
  stage: ReconcileStage,
  own: readonly PendingMail[],
  isFinal: boolean,
  print: Print,
): Promise<boolean> {
  const shown = await compareWithLog(stage.bench.administrator, own, isFinal);
  const mails = new Set(own.map(({ messageId }) => messageId)).size;
  // One event for the submission, and one for the result.
  const events = own.length * (isFinal ? 2 : 1);
  print(
    `Odoo, ${isFinal ? 'in the end' : 'while Sweego has the mails'}: as the log says are ${shown.recipients} of ` +
      `${own.length} recipients, ${shown.mails} of ${mails} mails; ${shown.events} of ${events} rows of history, ` +
      `${shown.doubled} of them doubled`,
  );
  const isHistoryRight = shown.events === events && shown.doubled === 0;
  return shown.recipients === own.length && shown.mails === mails && isHistoryRight;
}
