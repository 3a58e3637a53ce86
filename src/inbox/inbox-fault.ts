import { BridgeError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/** The action that failed; decides the error code. */
export type InboxAction = 'open' | 'read' | 'write';

export const codeOfAction: Readonly<Record<InboxAction, ErrorCode>> = {
  open: 'INBOX_OPEN_FAILED',
  read: 'INBOX_READ_FAILED',
  write: 'INBOX_WRITE_FAILED',
};

/**
 * Whether the fault is in the bridge's own code, not in disk, file or server: neither engine throws JavaScript's own
 * errors, such as a TypeError.
 */
export function isOwnFault(error: unknown): error is Error {
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    error instanceof SyntaxError
  );
}

/** A code of its own, so that nobody looks for the cause at the disk. Without the error's text, which can quote data. */
export function ownFault(error: Error): BridgeError {
  const [, place] = /^\s+at (.+)$/m.exec(error.stack ?? '') ?? [];
  return new BridgeError(
    'INBOX_UNEXPECTED',
    `A fault of the bridge itself (${error.name}) stopped work on the inbox; nothing was changed. Please report it.`,
    { retry: 'later', scope: 'bridge', cause: error, details: { at: place ?? 'unknown' } },
  );
}
