import { baseModels } from './base-models.ts';
import { bridgeGroups } from './caller.ts';
import type { Caller } from './caller.ts';
import { commonMethods } from './common-methods.ts';
import { gatewayModels } from './gateway-models.ts';
import { historyModel } from './history-model.ts';
import { mailModels } from './mail-models.ts';
import { createMailSending } from './mail-sending.ts';
import { AfterCommit, checkSignature } from './method.ts';
import type { Method } from './method.ts';
import { ownMethods } from './own-methods.ts';
import { StandInFault } from './protocol.ts';
import type { StandInDatabase } from './protocol.ts';
import { createRecords } from './records.ts';
import type { Records } from './records.ts';
import { seedRecords } from './seed-records.ts';
import { createStore } from './store.ts';

export type Credentials = {
  adminLogin: string;
  adminPassword: string;
  adminApiKey: string;
  bridgeApiKey: string;
};

/** The database, and what a test may do or see that no RPC call offers. */
export type StandInOdooDatabase = StandInDatabase & {
  records: Records;
  /** Every message that was put on the bus, in order. */
  refreshedMessages: readonly number[];
  /** Takes the bridge's user out of its group, or puts him back. */
  setBridgeMembership(isMember: boolean): void;
};

/** An Odoo 19 database in memory, with an administrator and the provisioned portal user of the bridge. */
export function createStandInDatabase(
  name: string,
  credentials: Credentials,
  options: { provisioned: boolean; now: () => Date },
): StandInOdooDatabase {
  const records = createRecords(createStore(), [
    ...baseModels,
    ...mailModels,
    ...gatewayModels,
    historyModel,
  ]);
  const sending = createMailSending(records);
  const seeded = seedRecords(records, credentials, options.provisioned);
  const refreshed: number[] = [];
  let bridgeIsMember = options.provisioned;

  const keys = new Map([
    [credentials.adminApiKey, seeded.adminId],
    [credentials.bridgeApiKey, seeded.bridgeId],
  ]);

  function callerOf(uid: number): Caller {
    const user = records.store.find('res.users', uid);
    if (user === undefined) throw new StandInFault('odoo.exceptions.AccessDenied', 'Access Denied');
    const isBridge = uid === seeded.bridgeId;
    return {
      uid,
      partnerId: Number(user['partner_id']),
      companyId: Number(user['company_id']),
      kind: isBridge ? 'portal' : 'administrator',
      groups: isBridge && bridgeIsMember ? bridgeGroups() : new Set(),
    };
  }

  function methodOf(model: string, method: string): Method | undefined {
    const thread = records.hasModel(model) && records.model(model).isMailThread ? 'mail.thread' : model;
    const named = [`${model}.${method}`, `${thread}.${method}`].find((key) => Object.hasOwn(ownMethods, key));
    if (named !== undefined) return ownMethods[named];
    return Object.hasOwn(commonMethods, method) ? commonMethods[method] : undefined;
  }

  function holdsSecret(uid: number, secret: string): boolean {
    return keys.get(secret) === uid || (uid === seeded.adminId && secret === credentials.adminPassword);
  }

  return {
    name,
    records,
    refreshedMessages: refreshed,
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
      const method = methodOf(model, methodName);
      if (method === undefined) throw new Error(`${model} has no method ${methodName}`);
      checkSignature(`${model}.${methodName}`, method, ids, args);
      const pending: number[] = [];
      const result = records.store.transaction(() =>
        method.run({
          records,
          sending,
          caller: callerOf(uid),
          model,
          ids: ids ?? [],
          args,
          context,
          now: options.now(),
          refresh: (messageId) => pending.push(messageId),
        }),
      );
      refreshed.push(...pending);
      return result instanceof AfterCommit ? result.work().then(() => result.result) : result;
    },
  };
}
