import { passCircuit } from '../../rules/replies/reply-circuit.ts';
import type { CircuitMemory } from '../../rules/replies/reply-circuit.ts';

/** How many circuits and entries are remembered. An older one cannot belong to a loop that is still running. */
const mostRemembered = 5_000;

type CircuitVerdict = { isRefused: boolean; isFirst: boolean };

/** Counts how often a sender writes to a record, while the process runs. */
export type ReplyCircuits = {
  /**
   * Counts a mail once, even if its entry is processed again.
   *
   * @param keys from `circuitKey`, one for each record that the mail is for
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

/** Forgets the oldest one first: a Map keeps the order of insertion. */
function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= mostRemembered) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
