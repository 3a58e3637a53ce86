import { bridgeError } from '../errors.ts';
import type { BridgeError, ErrorCode, ErrorDetails } from '../errors.ts';

/** What was being done to the database when it failed; decides the error code. */
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
  const what = `A fault of the bridge itself (${error.name}) stopped work on the inbox; nothing was changed`;
  return bridgeError('INBOX_UNEXPECTED', what, { cause: error, details: { at: place ?? 'unknown' } });
}
