import { AfterCommit } from '../methods/method.ts';
import type { Records, Values } from '../records/records.ts';
import type { Row } from '../records/store.ts';
import { alert } from './alert.ts';
import { apply } from './apply.ts';
import { deliver } from './deliver.ts';
import { find } from './find.ts';
import { pending } from './pending.ts';
import { read } from './read.ts';
import { route } from './route.ts';
import { settings } from './settings.ts';

/** The provisioned actions that the demo and the fast tests run, by name; `action` is their ir.actions.server. */
export const bridgeActions: Readonly<
  Record<string, (records: Records, input: Values, action: Row) => unknown>
> = {
  settings,
  read,
  apply,
  route,
  deliver: (records, input) => new AfterCommit(() => deliver(records, input)),
  find,
  pending,
  alert: (records, input, action) => alert(records, input, Number(action['create_uid'])),
};
