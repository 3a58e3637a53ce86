import { codeOf } from '../../errors.ts';
import type { Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';

const everyMs = 3_600_000;
const dayMs = 86_400_000;
/** Few enough that a webhook arriving during a step waits only a few milliseconds. */
const entriesPerStep = 200;

export type RetentionDeps = {
  inbox: Pick<Inbox, 'retain'>;
  /** Days since an entry was settled: RETAIN_BODIES_DAYS and RETAIN_ENTRIES_DAYS. */
  retain: { bodiesDays: number; entriesDays: number };
  now: () => Date;
  log: Pick<Log, 'info' | 'error'>;
};

/**
 * Erases bodies and deletes entries that have been kept long enough: one run an hour, in bounded steps. The returned
 * function takes one step when a run is due or under way. It never throws: a failed run is tried again an hour later.
 */
export function createRetention({ inbox, retain, now, log }: RetentionDeps): () => Promise<void> {
  let run: { bodies: number; entries: number } | undefined;
  let startedAt: number | undefined;

  return async () => {
    const at = now().getTime();
    // In both directions, because a clock set back by more than an hour must not stop retention.
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
