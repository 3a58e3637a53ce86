import { z } from 'zod';
import { BridgeError } from '../errors.ts';
import type { MessageChange } from '../rules/message-state.ts';
import type { Odoo } from './odoo.ts';

/** Version of the provisioned actions that this program speaks to. */
export const provisionVersion = 2;

/** Odoo sends `false` for an empty field; so nothing empty ever becomes the text "false". */
const text = z
  .union([z.string(), z.literal(false), z.null()])
  .transform((value) => (value === false || value === '' ? null : value));
const recordId = z
  .union([z.number().int(), z.literal(false), z.null()])
  .transform((value) => (value === false || value === 0 ? null : value));
/** Odoo's datetimes are UTC without saying so. */
const odooDatetime = text.transform((value) =>
  value === null ? null : new Date(`${value.slice(0, 19).replace(' ', 'T')}Z`),
);

const BridgeSettings = z.object({
  provision_version: z.number().int(),
  servers: z.array(
    z.object({
      id: z.number().int(),
      name: z.string(),
      from_filter: text,
      /** Base64 texts as typed by the administrator; the current one first, then the previous one. */
      outbound_secrets: z.array(z.string()),
      inbound_secrets: z.array(z.string()),
      delete_on_sent: z.boolean(),
      show_auto_replies: z.boolean(),
      feed_blacklist: z.boolean(),
      count_bounces: z.boolean(),
    }),
  ),
  alias_domains: z.array(
    z.object({ id: z.number().int(), name: z.string(), catchall_email: text, bounce_email: text }),
  ),
  api_key: text,
  client_uuid: text,
  /** The selection values of this database, so that nothing outside them is ever written. */
  failure_types: z.object({ mail: z.array(z.string()), notification: z.array(z.string()) }),
  languages: z.array(z.string()),
  /** Language code of the main company. */
  company_language: text,
});
export type BridgeSettings = z.infer<typeof BridgeSettings>;

const MailState = z.object({
  id: z.number().int(),
  state: z.enum(['outgoing', 'sent', 'received', 'exception', 'cancel']),
  is_notification: z.boolean(),
  relayed: z.boolean(),
  delete_wished: z.boolean(),
  confirmed: z.boolean(),
  recipients: z.array(z.object({ partner_id: z.number().int(), address: text })),
  email_to: text,
  email_cc: text,
  original_recipients: text,
});

const NotificationState = z.object({
  id: z.number().int(),
  mail_id: recordId,
  address: text,
  recorded_address: text,
  status: z.string(),
  failure_type: text,
  sweego_status: text,
  sweego_status_at: odooDatetime,
  sweego_uid: text,
  sweego_transaction_id: text,
  sweego_message_id: text,
});

const HistoryEvent = z.object({
  recipient: z.string(),
  type: z.string(),
  at: odooDatetime,
  swg_uid: text,
  event_id: text,
  transaction_id: text,
  wire_id: text,
  permanence: z
    .union([z.enum(['soft', 'hard']), z.literal(false)])
    .transform((value) => (value === false ? null : value)),
  failure_type: text,
  reason: text,
  line: text,
});

const TraceState = z.object({
  id: z.number().int(),
  mail_id: recordId,
  email: z.string(),
  status: z.string(),
  failure_type: text,
  clicked: z.boolean(),
});

const ReadAnswer = z.object({
  messages: z.array(
    z.object({
      message_id: z.string(),
      id: z.number().int(),
      model: text,
      res_id: recordId,
      document_exists: z.boolean(),
      mails: z.array(MailState),
      notifications: z.array(NotificationState),
      events: z.array(HistoryEvent),
      traces: z.array(TraceState),
    }),
  ),
  /** Message-Ids whose message is gone, but whose history or campaign is there. */
  gone: z.array(
    z.object({ message_id: z.string(), events: z.array(HistoryEvent), traces: z.array(TraceState) }),
  ),
});
export type ReadAnswer = z.infer<typeof ReadAnswer>;

/**
 * - `applied`: written and committed with the batch.
 * - `deferred`: a mail of the message is `outgoing` or held by somebody: nothing was touched, try later.
 * - `stale`: the message is not as it was read: read and decide again.
 * - `gone`: the message does not exist any more.
 */
const ApplyResult = z.enum(['applied', 'deferred', 'stale', 'gone']);
export type ApplyResult = z.infer<typeof ApplyResult>;
const ApplyAnswer = z.object({ results: z.array(ApplyResult) });

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
