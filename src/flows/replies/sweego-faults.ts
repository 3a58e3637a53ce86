import { BridgeError } from '../../errors.ts';
import type { Entry } from '../../inbox/inbox.ts';
import { describeError } from '../../log.ts';
import type { ReplyDeps } from './reply-deps.ts';

/** Logs a failed call; as an error when a human must fix the cause. */
export function logSweegoFault({ log }: Pick<ReplyDeps, 'log'>, entry: Entry, error: BridgeError): void {
  const needsHuman = ['SWEEGO_API_KEY_REFUSED', 'SWEEGO_API_KEY_MISSING'].includes(error.code);
  const write = needsHuman ? log.error : log.warn;
  write({ ...describeError(error), entry: entry.id }, 'Sweego API cannot be used for a reply');
}

/** @throws BridgeError REPLY_INTERRUPTED: a call that stopping cancelled proves nothing about Sweego */
export function requireNotStopping({ signal }: Pick<ReplyDeps, 'signal'>): void {
  if (!signal.aborted) return;
  throw new BridgeError(
    'REPLY_INTERRUPTED',
    'The bridge stops while it works on a reply, which is taken up again at its next start. Nothing to mend.',
    { retry: 'later', scope: 'bridge', cause: undefined },
  );
}

/** The mail waits, as for a refused key: somebody can enter the missing key meanwhile. */
export function keyMissing(): BridgeError {
  return new BridgeError(
    'SWEEGO_API_KEY_MISSING',
    'An attachment cannot be fetched: no API key or account UUID of Sweego is known. Enter both in Odoo’s settings, ' +
      'or set SWEEGO_API_KEY and SWEEGO_CLIENT_UUID.',
    { retry: 'later', scope: 'sweego', cause: undefined },
  );
}
