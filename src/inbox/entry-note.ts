import type { EntryCode, EntryOutcome, Outcome, ParkReason, WaitReason } from './entry.ts';

/**
 * What a change of an entry stores beside its state.
 *
 * `standing` is set on the entry and repeated in its history; without it the entry keeps the standing it has. `reason`
 * is one line for people that repeats the typed values in words: nothing may be read from it.
 */
export type EntryNote = {
  standing?: { outcome: EntryOutcome | null; code: EntryCode | null };
  target?: string;
  reason: string;
};

/** An entry that is admitted and has ended already. */
export type EntryEnd = { state: 'parked' | 'settled'; note: EntryNote };

const open = { outcome: null, code: null };

export const claimedNote: EntryNote = { standing: open, reason: 'claimed' };
export const releasedNote: EntryNote = { standing: open, reason: 'released' };
/** The body was erased after the entry had ended. */
export const erasedNote: EntryNote = { reason: 'erased' };

export function outcomeNote(outcome: Outcome | { outcome: 'discarded'; reason: string }): EntryNote {
  const standing = { outcome: outcome.outcome, code: null };
  return {
    standing,
    reason: 'reason' in outcome ? `${outcome.outcome}: ${outcome.reason}` : outcome.outcome,
  };
}

/** @param original id of the entry that has the same event */
export function duplicateEnd(original: number): EntryEnd {
  const standing = { outcome: 'duplicate', code: null } as const;
  return { state: 'settled', note: { standing, reason: `duplicate of ${original}` } };
}

export function codeNote({ code, reason }: ParkReason): EntryNote {
  return { standing: { outcome: null, code }, reason: `${code}: ${reason}` };
}

export function waitNote(why: WaitReason): EntryNote {
  if (!('code' in why)) return { standing: open, reason: why.reason };
  const { code, reason } = why;
  return reason === undefined
    ? { standing: { outcome: null, code }, reason: code }
    : codeNote({ code, reason });
}

export function replayNote(target: string | undefined): EntryNote {
  if (target === undefined) return { standing: open, reason: 'replayed' };
  return { standing: open, target, reason: `replayed to ${target}` };
}
