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
export const provisionVersion = 6;

/** The provisioned server actions of Odoo, typed. Each call is one transaction in Odoo. */
export type BridgeActions = {
  /** @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_PROVISION_VERSION, ODOO_* */
  settings(): Promise<BridgeSettings>;
  /**
   * What Odoo knows about these Message-Ids (with angle brackets). Unknown ones are absent. Several messages may share
   * one Message-Id. Deleted messages that still have a history are listed separately.
   *
   * @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_*
   */
  read(messageIds: readonly string[]): Promise<ReadAnswer>;
  /**
   * One result per change, in order. An error undoes the whole batch, unless it came after the commit (ODOO_TIMEOUT,
   * ODOO_UNREACHABLE). After such an error read the messages again and decide from the new answer.
   *
   * Odoo runs these calls one after the other. So when a call continues after its time limit and is repeated, the two
   * cannot apply the same change twice: the later one answers `stale`.
   *
   * @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_*
   */
  apply(changes: readonly MessageChange[]): Promise<ApplyResult[]>;
  /**
   * What Odoo knows about the places where a mail could belong. Each list has at most 200 items; duplicates do no harm.
   *
   * @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_USER_ERROR (a list is too long), ODOO_*
   */
  route(question: RouteQuestion): Promise<RouteAnswer>;
  /**
   * Posts a mail through Odoo's own gateway, at most once for each Message-Id. A mail for two documents needs two
   * Message-Ids. Repeating the call is safe after every error, even while the first call still runs. Odoo sends no
   * answer to the sender: the caller handles a refusal.
   *
   * @throws BridgeError ODOO_TOO_LARGE (a limit of Odoo or of the proxy in front), ODOO_NOT_PROVISIONED, ODOO_*
   */
  deliver(delivery: Delivery): Promise<DeliverAnswer>;
  /**
   * Raises an activity about a parked reply, which only one user of Odoo sees. It is raised once for each key, even
   * after the user has marked it as done.
   *
   * @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_*
   */
  openAlert(alert: Alert): Promise<AlertAnswer>;
  /** Closes that activity. @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_* */
  closeAlert(key: string): Promise<AlertAnswer>;
  /**
   * One page of the messages that wait for news from Sweego: they were sent through Sweego, and they are not known to
   * be delivered or have bounced temporarily. `null` asks for the first page; the last page has no `next`. A message
   * whose mails are on two pages is listed twice.
   *
   * @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_*
   */
  pending(cursor: string | null, limit?: number): Promise<PendingAnswer>;
  /**
   * The Message-Ids of the mails from the document with this name, newest first, 50 at most. It is the name that users
   * see. Several documents may have the same name.
   *
   * @throws BridgeError ODOO_NOT_PROVISIONED, ODOO_*
   */
  findMessages(document: string): Promise<string[]>;
};

export type Delivery = {
  /** RFC 5322, pure ASCII. The transports or Odoo would alter anything else. */
  message: string;
  /** The Message-Id in the message, with angle brackets. */
  messageId: string;
  /** Where to post. With `null`, Odoo's own routing decides (references, aliases). */
  document: Document | null;
};

type Alert = {
  /** Identifies the inbox entry, for example its id. */
  key: string;
  summary: string;
  /** Plain text. Line breaks are kept. */
  note: string;
  /** The activity goes to the user chosen on this mail server, else on the first server with such a choice. */
  serverId: number | null;
};

/**
 * Calls the actions as the bridge's own user. Their ids are looked up once, by external id
 * (`ir.model.data.check_object_reference`). They are looked up again when Odoo reports a missing record, which happens
 * after the database was provisioned again.
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
    // An unknown external id is a ValueError. A user without the right to see actions is not in the group.
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
