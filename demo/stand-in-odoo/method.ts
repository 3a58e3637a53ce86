import type { Caller } from './caller.ts';
import type { MailSending } from './mail-sending.ts';
import { SignatureFault, StandInFault } from './protocol.ts';
import type { Records, Values } from './records.ts';

/** What a method gets besides its arguments. */
export type MethodCall = {
  records: Records;
  sending: MailSending;
  caller: Caller;
  model: string;
  /** Empty for model methods and for calls without ids. */
  ids: readonly number[];
  args: Values;
  context: Values;
  now: Date;
  /** Puts a message's envelope on the bus for open chatters. */
  refresh: (messageId: number) => void;
};

/** A result, and what Odoo does after the commit but before it answers (its post-commit hooks). */
export class AfterCommit {
  readonly result: unknown;
  readonly work: () => Promise<void>;

  constructor(result: unknown, work: () => Promise<void>) {
    this.result = result;
    this.work = work;
  }
}

export type Method = {
  /** Methods of a record set take ids; those of the model refuse them. */
  on: 'model' | 'records';
  required?: readonly string[];
  optional?: readonly string[];
  /** Takes `**kwargs`, so that an unknown keyword only fails further down. */
  swallowsKeywords?: boolean;
  /** Runs inside the call's transaction. */
  run(call: MethodCall): unknown;
};

/**
 * Binds keywords as Python would.
 *
 * @throws SignatureFault for ids given to a model method, and for a missing or unknown keyword
 */
export function checkSignature(
  name: string,
  method: Method,
  ids: readonly number[] | undefined,
  args: Values,
): void {
  if (method.on === 'model' && ids !== undefined) throw new SignatureFault(`cannot call ${name} with ids`);
  const required = method.required ?? [];
  const known = [...required, ...(method.optional ?? [])];
  const missing = required.find((keyword) => !Object.hasOwn(args, keyword));
  if (missing !== undefined) throw new SignatureFault(`missing a required argument: '${missing}'`);
  const unknown = Object.keys(args).find((keyword) => !known.includes(keyword));
  if (unknown === undefined) return;
  const text = `got an unexpected keyword argument '${unknown}'`;
  throw method.swallowsKeywords ? new StandInFault('builtins.TypeError', text) : new SignatureFault(text);
}
