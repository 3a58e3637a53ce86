import { bridgeError } from '../errors.ts';
import type { BridgeError, ErrorCode, ErrorDetails } from '../errors.ts';

/** The action that failed; decides the error code. */
export type InboxAction = 'open' | 'read' | 'write';

const failures: Readonly<Record<InboxAction, { code: ErrorCode; doing: string }>> = {
  open: { code: 'INBOX_OPEN_FAILED', doing: 'opened' },
  read: { code: 'INBOX_READ_FAILED', doing: 'read' },
  write: { code: 'INBOX_WRITE_FAILED', doing: 'written to' },
};

/** @param engineCode of SQLite, PostgreSQL or Node, where there is one */
export function failedAction(
  action: InboxAction,
  engineCode: string | undefined,
  options: { fix: string | undefined; cause: unknown; details: ErrorDetails },
): BridgeError {
  const { code, doing } = failures[action];
  return bridgeError(code, `The inbox could not be ${doing}${engineCode ? ` (${engineCode})` : ''}`, options);
}

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
  const what = `A fault of the bridge itself (${error.name}) stopped work on the inbox; nothing was changed`;
  return bridgeError('INBOX_UNEXPECTED', what, { cause: error, details: { at: place ?? 'unknown' } });
}
