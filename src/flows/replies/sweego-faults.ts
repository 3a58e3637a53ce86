import { bridgeError } from '../../errors.ts';
import type { BridgeError } from '../../errors.ts';
import type { Entry } from '../../inbox/inbox.ts';
import { describeError } from '../../log.ts';
import type { ReplyDeps } from './reply-deps.ts';

/** Logs a failed call; as an error when a human must fix the cause. */
export function logSweegoFault({ log }: Pick<ReplyDeps, 'log'>, entry: Entry, error: BridgeError): void {
  const needsHuman = error.code === 'SWEEGO_API_KEY_REFUSED' || error.code === 'SWEEGO_API_KEY_MISSING';
  const write = needsHuman ? log.error : log.warn;
  write({ ...describeError(error), entry: entry.id }, 'Sweego API cannot be used for a reply');
}

/** @throws BridgeError REPLY_INTERRUPTED: a call that stopping cancelled proves nothing about Sweego */
export function requireNotStopping({ signal }: Pick<ReplyDeps, 'signal'>): void {
  if (!signal.aborted) return;
  throw bridgeError('REPLY_INTERRUPTED', 'The bridge stopped while it worked on a reply');
}

/** The mail waits, as for a refused key: somebody can enter the missing key meanwhile. */
export function keyMissing(): BridgeError {
  const what = 'An attachment cannot be fetched: no API key or account UUID of Sweego is known';
  return bridgeError('SWEEGO_API_KEY_MISSING', what);
}
