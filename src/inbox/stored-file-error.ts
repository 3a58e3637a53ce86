import { BridgeError } from '../errors.ts';

/** An entry that is not there, or is erased and must not get personal data again. */
export function storedFileEntryUnknown(entryId: number): BridgeError {
  return new BridgeError(
    'INBOX_ENTRY_UNKNOWN',
    `Entry ${entryId} does not exist, or was erased: no file can be kept for it. Do not work on it any more.`,
    { retry: 'never', scope: 'entry', cause: undefined, details: { entry: entryId } },
  );
}

export function fileUnknown(entryId: number): BridgeError {
  return new BridgeError(
    'INBOX_FILE_UNKNOWN',
    `Entry ${entryId} has no such file (any more). Store it first, or see which files it has.`,
    { retry: 'never', scope: 'entry', cause: undefined, details: { entry: entryId } },
  );
}
