import { SignatureFault, StandInFault } from '../faults.ts';
import type { Records, Values } from '../records/records.ts';

/** What a method gets besides its own name. */
export type MethodCall = {
  records: Records;
  /** res.partner of the user who calls. */
  partnerId: number;
  /** Whether this user is a member of the bridge's group, whose members alone may run the provisioned actions. */
  mayRunActions: boolean;
  model: string;
  /** Empty for model methods and for calls without ids. */
  ids: readonly number[];
  args: Values;
  context: Values;
};

/** What Odoo does after the commit but before it answers (its post-commit hooks). It resolves with the answer. */
export class AfterCommit {
  readonly work: () => Promise<unknown>;

  constructor(work: () => Promise<unknown>) {
    this.work = work;
  }
}

export type Method = {
  /** Methods of a record set take ids; those of the model refuse them. */
  on: 'model' | 'records';
  required?: readonly string[];
  optional?: readonly string[];
  /** Takes `**kwargs`, so an unknown keyword only fails further down. */
  takesAnyKeyword?: boolean;
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
  const { required = [], optional = [] } = method;
  const missing = required.find((keyword) => !Object.hasOwn(args, keyword));
  if (missing !== undefined) throw new SignatureFault(`missing a required argument: '${missing}'`);
  const unknown = Object.keys(args).find((keyword) => ![...required, ...optional].includes(keyword));
  if (unknown === undefined) return;
  const problem = `got an unexpected keyword argument '${unknown}'`;
  throw method.takesAnyKeyword
    ? new StandInFault('builtins.TypeError', problem)
    : new SignatureFault(problem);
}
