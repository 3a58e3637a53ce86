import { bridgeActions } from './actions/bridge-actions.ts';
import { accessError, StandInFault } from './faults.ts';
import { commonMethods } from './methods/common-methods.ts';
import { AfterCommit, checkSignature } from './methods/method.ts';
import type { Method } from './methods/method.ts';
import { ownMethods } from './methods/own-methods.ts';
import { baseModels } from './models/base-models.ts';
import { mailModels } from './models/mail-models.ts';
import { seedRecords } from './models/seed-records.ts';
import { createRecords } from './records/records.ts';
import type { Records } from './records/records.ts';
import { createStore } from './records/store.ts';
import type { StandInDatabase } from './rpc/protocol.ts';

export type Credentials = {
  adminLogin: string;
  adminPassword: string;
  adminApiKey: string;
  bridgeApiKey: string;
};

/** The database, and what a test may do that no RPC call offers. */
export type StandInOdooDatabase = StandInDatabase & {
  records: Records;
  /** Takes the bridge's user out of its group, or puts them back. */
  setBridgeMembership(isMember: boolean): void;
};

/** All that the bridge's portal user may call. The administrator may call the rest, and is in no group. */
const methodsOfBridge = ['ir.model.data.check_object_reference', 'ir.actions.server.run'];

/** An Odoo 19 database in memory, with an administrator and the provisioned portal user of the bridge. */
export function createStandInDatabase(
  name: string,
  credentials: Credentials,
  { provisioned }: { provisioned: boolean },
): StandInOdooDatabase {
  const records = createRecords(createStore(), [...baseModels, ...mailModels]);
  const actionNames = provisioned ? Object.keys(bridgeActions) : [];
  const { adminId, bridgeId } = seedRecords(records, credentials.adminLogin, actionNames);
  let bridgeIsMember = provisioned;

  const keys = new Map([
    [credentials.adminApiKey, adminId],
    [credentials.bridgeApiKey, bridgeId],
  ]);

  function methodOf(model: string, method: string): Method | undefined {
    const isThread = records.hasModel(model) && records.model(model).documentName !== undefined;
    const named = [`${model}.${method}`, ...(isThread ? [`mail.thread.${method}`] : [])];
    const own = named.find((key) => Object.hasOwn(ownMethods, key));
    if (own !== undefined) return ownMethods[own];
    return Object.hasOwn(commonMethods, method) ? commonMethods[method] : undefined;
  }

  function holdsSecret(uid: number, secret: string): boolean {
    return keys.get(secret) === uid || (uid === adminId && secret === credentials.adminPassword);
  }

  return {
    name,
    records,
    setBridgeMembership: (isMember) => {
      bridgeIsMember = isMember;
    },
    authenticate(login, secret) {
      const [user] = records.search('res.users', [['login', '=', login]]);
      return user !== undefined && holdsSecret(user.id, secret) ? user.id : undefined;
    },
    checkSecret: holdsSecret,
    userOfKey: (key) => keys.get(key),
    hasModel: (model) => records.hasModel(model),
    hasMethod: (model, method) => methodOf(model, method) !== undefined,
    call(uid, { model, method: methodName, ids, args, context }) {
      const fullName = `${model}.${methodName}`;
      const method = methodOf(model, methodName);
      const user = records.store.find('res.users', uid);
      if (method === undefined) throw new Error(`There is no method ${fullName}`);
      if (user === undefined) throw new StandInFault('odoo.exceptions.AccessDenied', 'Access Denied');
      checkSignature(fullName, method, ids, args);
      if (uid === bridgeId && !methodsOfBridge.includes(fullName)) {
        throw accessError(`You are not allowed to access ${model} records.`);
      }
      const result = records.store.transaction(() =>
        method.run({
          records,
          partnerId: Number(user['partner_id']),
          mayRunActions: uid === bridgeId && bridgeIsMember,
          model,
          ids: ids ?? [],
          args,
          context,
        }),
      );
      return result instanceof AfterCommit ? result.work() : result;
    },
  };
}
