import { BridgeError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/** What was being done to the database when it failed; decides the error code. */
export type InboxAction = 'open' | 'read' | 'write';

export const codeOfAction: Readonly<Record<InboxAction, ErrorCode>> = {
  open: 'INBOX_OPEN_FAILED',
  read: 'INBOX_READ_FAILED',
  write: 'INBOX_WRITE_FAILED',
};

/**
 * Whether code of the bridge went wrong, and not disk, file or server: neither engine throws what JavaScript
 * itself does, a TypeError for example.
 */
export function isOwnFault(error: unknown): error is Error {
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    error instanceof SyntaxError
  );
}

/** Nobody must look for it at the disk. Its text is left out: it can quote what it fell over. */
export function ownFault(error: Error): BridgeError {
  const [, place] = /^\s+at (.+)$/m.exec(error.stack ?? '') ?? [];
  return new BridgeError(
    'INBOX_UNEXPECTED',
    `A fault of the bridge itself (${error.name}) stopped work on the inbox; nothing was changed. Please report it.`,
    { retry: 'later', scope: 'bridge', cause: error, details: { at: place ?? 'unknown' } },
  );
}
