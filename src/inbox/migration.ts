import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';

/** One step of the schema. A published step is never edited: a change is a new step. */
export type Migration = { version: number; sql: string };

/** INBOX_NEWER, on every engine. */
export function newerDatabase(found: number, known: number): BridgeError {
  return bridgeError('INBOX_NEWER', `The inbox has schema version ${found}, this release knows ${known}`, {
    details: { found, known },
  });
}
