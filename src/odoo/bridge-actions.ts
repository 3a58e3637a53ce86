import { z } from 'zod';
import { BridgeError, bridgeError } from '../errors.ts';
import { badAnswer, notInGroup, notProvisioned } from './bridge-action-errors.ts';
import { BridgeSettings, FindAnswer, PendingAnswer } from './bridge-answers.ts';
import { ApplyAnswer } from './message-change.ts';
import type { ApplyResult, MessageChange } from './message-change.ts';
import { ReadAnswer } from './message-state.ts';
import { recordId } from './odoo-fields.ts';
import type { Odoo } from './odoo.ts';
import { AlertAnswer, DeliverAnswer } from './reply-answers.ts';
import { RouteAnswer } from './reply-route.ts';
import type { Document, RouteQuestion } from './reply-route.ts';

/** Version of the provisioned actions that this program speaks to. */
export const provisionVersion = 5;

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
  /**
   * What Odoo knows of where a mail could belong. At most 200 of each list; duplicates cost nothing.
   *
   * @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_USER_ERROR (a list is too long), ODOO_*
   */
  route(question: RouteQuestion): Promise<RouteAnswer>;
  /**
   * Posts a mail through Odoo's own gateway, at most once for each Message-Id: a mail for two documents needs
   * two. Repeating it is safe after every error, also while the first call still runs. Nobody is answered:
   * what Odoo refuses is left to the caller.
   *
   * @throws BridgeError ODOO_TOO_LARGE (a limit of Odoo or of the proxy in front), ODOO_NOT_PROVISIONED, ODOO_*
   */
  deliver(delivery: Delivery): Promise<DeliverAnswer>;
  /**
   * Tells a user of Odoo of a parked reply, by an activity that only he sees. Once for each key, also after he
   * has marked it as done.
   *
   * @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_*
   */
  openAlert(alert: Alert): Promise<AlertAnswer>;
  /** Closes that activity. @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_* */
  closeAlert(key: string): Promise<AlertAnswer>;
  /**
   * A page of the messages that wait for word from Sweego: sent through it and not known to be delivered, or
   * bounced for the time being. The first page is the one after `null`, the last one names no next. A message
   * with mails on both sides of a page's edge comes twice.
   *
   * @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_*
   */
  pending(cursor: string | null, limit?: number): Promise<PendingAnswer>;
  /**
   * The Message-Ids of what was mailed from the document of this name, as users know it, the newest first; 50 at
   * most. Several documents may have one name.
   *
   * @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_*
   */
  findMessages(document: string): Promise<string[]>;
};

export type Delivery = {
  /** RFC 5322, pure ASCII: everything else is altered on the way or in Odoo. */
  message: string;
  /** The one in the message, with angle brackets. */
  messageId: string;
  /** Where to post; null leaves the place to Odoo's routing (references, aliases). */
  document: Document | null;
};

export type Alert = {
  /** Identifies the inbox entry, for example its id. */
  key: string;
  summary: string;
  /** Plain text; line breaks stay. */
  note: string;
  /** Mail server whose choice of a user counts; else the first one that has one. */
  serverId: number | null;
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
      if (settings.provision_version !== provisionVersion) {
        const [found, needed] = [settings.provision_version, provisionVersion];
        const what = `Odoo was provisioned by another version of the bridge (${found}, needed: ${needed})`;
        throw bridgeError('ODOO_PROVISION_VERSION', what, { details: { found, needed } });
      }
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
      throw badAnswer('action_apply');
    },
    async route({ addresses, messageIds, documents, senders }) {
      const answer = await run('action_route', {
        addresses,
        message_ids: messageIds,
        documents: documents.map(({ model, id }) => [model, id]),
        senders,
      });
      const route = checked(RouteAnswer, answer, 'action_route');
      if (route.documents.length === documents.length) return route;
      throw badAnswer('action_route');
    },
    async deliver({ message, messageId, document }) {
      const answer = await run('action_deliver', {
        message,
        message_id: messageId,
        model: document?.model ?? false,
        thread_id: document?.id ?? false,
      });
      return checked(DeliverAnswer, answer, 'action_deliver');
    },
    async openAlert({ key, summary, note, serverId }) {
      const answer = await run('action_alert', { key, summary, note, server_id: serverId ?? false });
      return checked(AlertAnswer, answer, 'action_alert');
    },
    async closeAlert(key) {
      return checked(AlertAnswer, await run('action_alert', { key, close: true }), 'action_alert');
    },
    async pending(cursor, limit = 500) {
      const answer = await run('action_pending', { cursor: cursor ?? false, limit });
      return checked(PendingAnswer, answer, 'action_pending');
    },
    async findMessages(document) {
      return checked(FindAnswer, await run('action_find', { document }), 'action_find').message_ids;
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
  if (id === null) throw notInGroup();
  return id;
}

function checked<T>(schema: z.ZodType<T>, answer: unknown, action: string): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw badAnswer(action, parsed.error);
}
