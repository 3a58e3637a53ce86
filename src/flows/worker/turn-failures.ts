import { codeOf } from '../../errors.ts';
import { describeError } from '../../log.ts';
import type { Log } from '../../log.ts';

/** Why turns of lanes failed. */
export type TurnFailures = {
  tell(lane: string, error: unknown): void;
  /** A turn of the lane did not fail. */
  end(lane: string): void;
};

/** Tells of a failure when it begins or changes, once for all lanes: what they share fails for each of them. */
export function createTurnFailures(log: Pick<Log, 'error'>): TurnFailures {
  const codes = new Map<string, string>();
  return {
    tell(lane, error) {
      const code = codeOf(error);
      if (![...codes.values()].includes(code)) {
        log.error({ ...describeError(error), code, lane }, 'worker turn failed');
      }
      codes.set(lane, code);
    },
    end: (lane) => void codes.delete(lane),
  };
}
