/** What a replay leaves in the history and on the entry: whoever works on it learns from it what was decided. */
export function replayInstruction(target: string | undefined): string {
  return target === undefined ? 'replayed' : `replayed to ${target}`;
}
