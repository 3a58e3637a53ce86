import { passCircuit } from '../../rules/replies/reply-circuit.ts';
import type { CircuitMemory } from '../../rules/replies/reply-circuit.ts';

/** Circuits and entries remembered; what is older than these cannot be a loop that still goes on. */
const mostRemembered = 5_000;

type CircuitVerdict = { isRefused: boolean; isFirst: boolean };

/** What is remembered of senders who write to records, while the process runs. */
export type ReplyCircuits = {
  /**
   * Counts a mail once, however often its entry is worked on.
   *
   * @param keys of `circuitKey`, one for each record that the mail is for
   */
  pass(entryId: number, keys: readonly string[], arrivedAt: Date): CircuitVerdict;
};

export function createReplyCircuits(): ReplyCircuits {
  const memories = new Map<string, CircuitMemory>();
  const verdicts = new Map<number, CircuitVerdict>();
  return {
    pass(entryId, keys, arrivedAt) {
      const known = verdicts.get(entryId);
      if (known !== undefined) return known;
      const answers = keys.map((key) => {
        const answer = passCircuit(memories.get(key), arrivedAt);
        remember(memories, key, answer.memory);
        return answer;
      });
      const verdict = {
        isRefused: answers.some(({ isRefused }) => isRefused),
        isFirst: answers.some(({ isFirst }) => isFirst),
      };
      remember(verdicts, entryId, verdict);
      return verdict;
    },
  };
}

/** The longest unused goes first: a Map keeps the order of insertion. */
function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= mostRemembered) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
