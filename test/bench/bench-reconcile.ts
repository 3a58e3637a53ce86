import type { LogContents } from './log-rows.ts';
import { createPendingMails, type PendingMail } from './pending-mails.ts';
import { compareWithLog } from './reconcile-check.ts';
import { openReconcileStage, type Reconciled, type ReconcileStage } from './reconcile-stage.ts';

type Print = (line: string) => void;

/** The small run reads so many times fewer rows. */
const smallShare = 10;

/**
 * Reconciles pending mails, every second one with two recipients, in a real Odoo with a log of Sweego that holds
 * mostly rows of others; prints what reading it costs, how soon Odoo knows, and what memory it takes.
 *
 * @returns whether Odoo showed the right thing of every recipient and every mail after each step
 */
export async function benchReconcile(
  { mails, rows }: { mails: number; rows: number },
  print: Print,
): Promise<boolean> {
  const stage = await openReconcileStage();
  try {
    const { bench } = stage;
    const few = await createPendingMails(bench.administrator, 'few', Math.ceil(mails / smallShare), 2);
    const idle = await stage.idle();
    const many = await createPendingMails(bench.administrator, 'many', mails, 2);
    const at = new Date().toISOString();
    const log = (own: readonly PendingMail[], count: number, isFinal: boolean): LogContents => ({
      own,
      rows: count,
      isFinal,
      at,
    });
    print(
      `${mails} mails that wait for word, ${many.length} recipients; a log of ${rows} rows, ${many.length} of them ` +
        `about ours; real Odoo 19, 2 workers, database ${bench.database}`,
    );
    const checks: boolean[] = [];
    const check = async (name: string, own: readonly PendingMail[], isFinal: boolean): Promise<void> => {
      const shown = await compareWithLog(bench.administrator, own, isFinal);
      const messages = new Set(own.map(({ messageId }) => messageId)).size;
      print(
        `    Odoo, ${name}: ${shown.recipients} of ${own.length} recipients and ${shown.mails} of ${messages} mails ` +
          `as the log says; ${shown.events} rows of history, ${shown.doubled} of them doubled`,
      );
      const events = own.length * (isFinal ? 2 : 1);
      const isHistoryRight = shown.events === events && shown.doubled === 0;
      checks.push(shown.recipients === own.length && shown.mails === messages && isHistoryRight);
    };

    await stage.setLog(log(few, Math.ceil(rows / smallShare), true));
    const small = await measure(stage, 'a tenth of the rows', print);
    await check('the tenth', few, true);
    await stage.setLog(log(many, rows, false));
    await stage.readPlainly();
    const plain = await stage.readPlainly();
    print(`a client that only fetches and parses: ${perSecond(plain.rows, plain.wallMs)} rows/s`);
    await stage.setLog(log(many, rows, false));
    const first = await measure(stage, 'all of it new', print);
    await check('all new', many, false);
    await stage.setLog(log(many, rows, false));
    const second = await measure(stage, 'nothing new', print);
    await stage.setLog(log(many, rows, true));
    await check('nothing new', many, false);
    print('serve, by its schedule:');
    const last = await stage.reconcileWhileServing();
    tell('what became of all', last, print);
    await check('in the end', many, true);
    print(JSON.stringify({ idle, small: small.peakBytes, first: first.peakBytes, second: second.peakBytes, last: last.peakBytes }));
    return !checks.includes(false);
  } finally {
    await stage.close();
  }
}

async function measure(stage: ReconcileStage, name: string, print: Print): Promise<Reconciled> {
  const done = await stage.reconcile();
  tell(name, done, print);
  return done;
}

function tell(name: string, done: Reconciled, print: Print): void {
  print(`${name} ${JSON.stringify(done)}`);
  print(`   rows/s ${perSecond(done.rows, done.readAt - done.log.firstAskedAt)}, events/s ${perSecond(done.news, done.appliedAt - done.readAt)} pending ${done.pending.lastAnsweredAt - done.pending.firstAt} ms`);
}

function perSecond(count: number, ms: number): string {
  return ((count / ms) * 1000).toFixed(0);
}
