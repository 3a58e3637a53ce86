import { BridgeError } from '../errors.ts';

/** One step of the schema. A published step is never edited: a change is a new step. */
export type Migration = { version: number; sql: string };

/** INBOX_NEWER, on every engine. */
export function newerDatabase(found: number, known: number): BridgeError {
  return new BridgeError(
    'INBOX_NEWER',
    `The inbox has schema version ${found}, this release knows ${known}. Start the release that wrote it, ` +
      'or one after it.',
    { retry: 'never', scope: 'bridge', cause: undefined, details: { found, known } },
  );
}
