import { z } from 'zod';
import { BridgeError } from '../errors.ts';
import type { MessageChange } from '../rules/message-state.ts';
import { ApplyAnswer, BridgeSettings, ReadAnswer, recordId, type ApplyResult } from './bridge-answers.ts';
import type { Odoo } from './odoo.ts';

/** Version of the provisioned actions that this program speaks to. */
export const provisionVersion = 3;

/** The provisioned server actions of Odoo, typed. Each call is one transaction in Odoo. */
export type BridgeActions = {
  /** @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_PROVISION_VERSION, ODOO_* */
  settings(): Promise<BridgeSettings>;
  /**
   * What Odoo knows of these Message-Ids (with angle brackets). Unknown ones are absent; several messages
   * may share one. Those that are gone but have a history are told apart.
   *
   * @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_*
   */
  read(messageIds: readonly string[]): Promise<ReadAnswer>;
  /**
   * One result per change, in order. An error undoes the whole batch, unless it followed the commit
   * (ODOO_TIMEOUT, ODOO_UNREACHABLE): then read again, since applying is decided from what is read.
   * Odoo runs one after the other, so a call that goes on after its time limit and the one that repeats it
   * cannot both apply the same change: the later one answers `stale`.
   *
   * @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_*
   */
  apply(changes: readonly MessageChange[]): Promise<ApplyResult[]>;
};

/**
 * Calls the actions as the bridge's own user. Their ids are looked up once by external id
 * (`ir.model.data.check_object_reference`) and again after Odoo says that one is missing, as happens when
 * the database was provisioned anew.
 */
export function createBridgeActions(odoo: Odoo): BridgeActions {
  const ids = new Map<string, number>();

  async function idOf(name: string): Promise<number> {
    const known = ids.get(name);
    if (known !== undefined) return known;
    const found = await findActionId(odoo, name);
    ids.set(name, found);
    return found;
  }

  async function run(name: string, input: Readonly<Record<string, unknown>>): Promise<unknown> {
    try {
      return await odoo.call({
        model: 'ir.actions.server',
        method: 'run',
        ids: [await idOf(name)],
        context: { sweego_bridge: input },
      });
    } catch (error) {
      ids.delete(name);
      if (error instanceof BridgeError && error.code === 'ODOO_RECORD_MISSING') throw notProvisioned(error);
      throw error;
    }
  }

  return {
    async settings() {
      const settings = checked(BridgeSettings, await run('action_settings', {}), 'action_settings');
      if (settings.provision_version !== provisionVersion) throw wrongVersion(settings.provision_version);
      return settings;
    },
    async read(messageIds) {
      if (messageIds.length === 0) return { messages: [], gone: [] };
      const answer = await run('action_read', { message_ids: messageIds });
      return checked(ReadAnswer, answer, 'action_read');
    },
    async apply(changes) {
      if (changes.length === 0) return [];
      const answer = checked(ApplyAnswer, await run('action_apply', { changes }), 'action_apply');
      if (answer.results.length === changes.length) return answer.results;
      throw badAnswer('action_apply', undefined);
    },
  };
}

async function findActionId(odoo: Odoo, name: string): Promise<number> {
  let answer: unknown;
  try {
    answer = await odoo.call({
      model: 'ir.model.data',
      method: 'check_object_reference',
      arguments: { module: 'sweego_bridge', xml_id: name },
    });
  } catch (error) {
    // An unknown external id is a ValueError; no right to see actions means: not in the group.
    if (error instanceof BridgeError && error.code === 'ODOO_VALUE') throw notProvisioned(error);
    if (error instanceof BridgeError && error.code === 'ODOO_ACCESS') throw notInGroup(error);
    throw error;
  }
  const parsed = z.tuple([z.literal('ir.actions.server'), recordId]).safeParse(answer);
  const id = parsed.success ? parsed.data[1] : null;
  if (id === null) throw notInGroup(undefined);
  return id;
}

function checked<T>(schema: z.ZodType<T>, answer: unknown, action: string): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw badAnswer(action, parsed.error);
}

function badAnswer(action: string, cause: unknown): BridgeError {
  return new BridgeError(
    'ODOO_NOT_PROVISIONED',
    `The action ${action} in Odoo is not the one this bridge provisions. Run: sweego-odoo-bridge provision`,
    { retry: 'never', scope: 'odoo', cause, details: { action } },
  );
}

function notProvisioned(cause: BridgeError): BridgeError {
  return new BridgeError(
    'ODOO_NOT_PROVISIONED',
    'This database lacks the bridge’s actions. Run: sweego-odoo-bridge provision',
    { retry: 'never', scope: 'odoo', cause },
  );
}

function notInGroup(cause: BridgeError | undefined): BridgeError {
  return new BridgeError(
    'ODOO_NOT_IN_GROUP',
    'The user of ODOO_API_KEY is not in the group “Sweego bridge”. Run: sweego-odoo-bridge provision --create-user',
    { retry: 'never', scope: 'odoo', cause, details: { model: 'ir.actions.server' } },
  );
}

function wrongVersion(found: number): BridgeError {
  return new BridgeError(
    'ODOO_PROVISION_VERSION',
    `Odoo was provisioned by another version of the bridge (${found}, needed: ${provisionVersion}). Run: sweego-odoo-bridge provision`,
    { retry: 'never', scope: 'odoo', cause: undefined, details: { found, needed: provisionVersion } },
  );
}
