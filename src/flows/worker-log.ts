import { BridgeError } from '../errors.ts';

type Fields = Readonly<Record<string, unknown>>;

export type WorkerLog = {
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
};

/** A BridgeError's code, else the class: messages of others quote data. */
export function codeOf(error: unknown): string {
  if (error instanceof BridgeError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
