import { codeOf } from '../../errors.ts';
import type { Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';

const everyMs = 3_600_000;
const dayMs = 86_400_000;
/** Few enough that a webhook which arrives meanwhile waits a few milliseconds only. */
const entriesPerStep = 200;

export type RetentionDeps = {
  inbox: Pick<Inbox, 'retain'>;
  /** Days after an entry has ended: RETAIN_BODIES_DAYS and RETAIN_ENTRIES_DAYS. */
  retain: { bodiesDays: number; entriesDays: number };
  now: () => Date;
  log: Pick<Log, 'info' | 'error'>;
};

/**
 * Erases and deletes what has been kept long enough: a run every hour, in bounded steps. The returned function
 * takes one step of a run that is due, and never throws: what cannot be erased now is tried an hour later.
 */
export function createRetention({ inbox, retain, now, log }: RetentionDeps): () => Promise<void> {
  let run: { bodies: number; entries: number } | undefined;
  let startedAt: number | undefined;

  return async () => {
    const at = now().getTime();
    // A clock that was set back by more than an hour must not stop it.
    if (startedAt === undefined || Math.abs(at - startedAt) >= everyMs) {
      run ??= { bodies: 0, entries: 0 };
      startedAt = at;
    }
    if (run === undefined) return;
    try {
      const { bodies, entries } = await inbox.retain({
        bodiesSettledBefore: new Date(at - retain.bodiesDays * dayMs),
        entriesSettledBefore: new Date(at - retain.entriesDays * dayMs),
        limit: entriesPerStep,
      });
      run.bodies += bodies;
      run.entries += entries;
      if (bodies > 0 || entries > 0) return;
      if (run.bodies > 0 || run.entries > 0) log.info(run, 'retention erased bodies and deleted entries');
      run = undefined;
    } catch (error) {
      log.error({ code: codeOf(error) }, 'retention failed, next try in an hour');
      run = undefined;
    }
  };
}
