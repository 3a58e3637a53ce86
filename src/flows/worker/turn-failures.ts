import { codeOf } from '../../errors.ts';
import { describeError } from '../../log.ts';
import type { Log } from '../../log.ts';

/** The failures of the lanes' turns. */
export type TurnFailures = {
  log(lane: string, error: unknown): void;
  /** A turn of the lane succeeded. */
  end(lane: string): void;
};

/** Logs a failure when it begins or changes, once for all lanes: they share the inbox, so all of them fail. */
export function createTurnFailures({ log }: { log: Pick<Log, 'error'> }): TurnFailures {
  const codes = new Map<string, string>();
  return {
    log(lane, error) {
      const code = codeOf(error);
      if (![...codes.values()].includes(code)) {
        log.error({ ...describeError(error), code, lane }, 'worker turn failed');
      }
      codes.set(lane, code);
    },
    end: (lane) => void codes.delete(lane),
  };
}
