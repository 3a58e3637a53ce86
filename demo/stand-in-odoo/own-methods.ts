import { bridgeAlert } from './bridge-alert.ts';
import { bridgeApply } from './bridge-apply.ts';
import { bridgeDeliver } from './bridge-deliver.ts';
import { bridgeFind } from './bridge-find.ts';
import { bridgePending } from './bridge-pending.ts';
import { bridgeRead } from './bridge-read.ts';
import { bridgeRoute } from './bridge-route.ts';
import { bridgeSettings } from './bridge-settings.ts';
import { requireAccess, requireBridgeGroup } from './caller.ts';
import { missingError, userError, valueError } from './faults.ts';
import { languageMethods } from './language-methods.ts';
import { postMessage } from './mail-creation.ts';
import { AfterCommit } from './method.ts';
import type { Method, MethodCall } from './method.ts';
import type { Records, Values } from './records.ts';

/** Methods of single models, by `model.method`; `mail.thread` stands for every model with a chatter. */
export const ownMethods: Readonly<Record<string, Method>> = {
  ...languageMethods,
  'mail.thread.message_post': {
    on: 'records',
    optional: [
      'body',
      'subject',
      'message_type',
      'subtype_xmlid',
      'partner_ids',
      'email_from',
      'reply_to',
      'mail_server_id',
      'body_is_html',
    ],
    run(call) {
      requireAccess(call.records, call.caller, call.model, 'write', call.ids);
      const [id] = call.ids;
      if (id === undefined || call.ids.length !== 1) throw valueError(`Expected singleton: ${call.model}()`);
      const { message, mail } = postMessage(call.records, call.model, id, call.args, call.caller, call.now);
      if (mail === undefined || call.context['mail_notify_force_send'] === false) return [message.id];
      return new AfterCommit([message.id], () => call.sending.send([mail.id]));
    },
  },
  'mail.mail.send': {
    on: 'records',
    optional: ['auto_commit', 'raise_exception'],
    run(call) {
      requireAccess(call.records, call.caller, 'mail.mail', 'write', call.ids);
      return new AfterCommit(null, () => call.sending.send(call.ids));
    },
  },
  'mail.mail.mark_outgoing': {
    on: 'records',
    run(call) {
      requireAccess(call.records, call.caller, 'mail.mail', 'write', call.ids);
      call.records.write('mail.mail', call.ids, { state: 'outgoing' });
      return true;
    },
  },
  'mail.mail.process_email_queue': {
    on: 'model',
    optional: ['email_ids', 'batch_size'],
    run(call) {
      requireAccess(call.records, call.caller, 'mail.mail', 'write', []);
      return new AfterCommit(null, () => call.sending.processQueue());
    },
  },
  'ir.config_parameter.get_param': {
    on: 'model',
    required: ['key'],
    optional: ['default'],
    run(call) {
      requireAccess(call.records, call.caller, 'ir.config_parameter', 'read', []);
      return findParameter(call)?.['value'] ?? call.args['default'] ?? false;
    },
  },
  'ir.config_parameter.set_param': {
    on: 'model',
    required: ['key', 'value'],
    run: setParameter,
  },
  'ir.model.data.check_object_reference': {
    on: 'model',
    required: ['module', 'xml_id'],
    optional: ['raise_on_access_error'],
    run({ records, caller, args }) {
      const [found] = records.search('ir.model.data', [
        ['module', '=', args['module']],
        ['name', '=', args['xml_id']],
      ]);
      if (found === undefined) {
        throw valueError(
          `External ID not found in the system: ${String(args['module'])}.${String(args['xml_id'])}`,
        );
      }
      // Odoo searches the record as the caller, to tell him only of what he may see.
      requireAccess(records, caller, String(found['model']), 'read', []);
      return [found['model'], found['res_id']];
    },
  },
  'ir.actions.server.run': {
    on: 'records',
    run(call) {
      return runAction(call);
    },
  },
};

function findParameter({ records, args }: MethodCall) {
  return records.search('ir.config_parameter', [['key', '=', args['key']]])[0];
}

/** Answers the old value, as Odoo does; a false value removes the parameter. */
function setParameter(call: MethodCall): unknown {
  const { records, caller, args } = call;
  requireAccess(records, caller, 'ir.config_parameter', 'write', []);
  const found = findParameter(call);
  const value = args['value'];
  const isRemoval = value === false || value === null || value === '';
  if (found === undefined) {
    if (!isRemoval) records.create('ir.config_parameter', { key: args['key'], value });
    return false;
  }
  if (isRemoval) records.unlink('ir.config_parameter', [found.id]);
  else records.write('ir.config_parameter', [found.id], { value });
  return found['value'];
}

/** A provisioned server action: input in the context, output as Odoo's variable `action`. */
function runAction({ records, caller, ids, context, refresh }: MethodCall): unknown {
  const [id] = ids;
  const action = id === undefined ? undefined : records.store.find('ir.actions.server', id);
  if (action === undefined) throw missingError('ir.actions.server', ids);
  requireBridgeGroup(caller);
  const input = context['sweego_bridge'];
  if (typeof input !== 'object' || input === null) {
    throw valueError('The input is missing: it belongs into the context key sweego_bridge');
  }
  // Who provisioned the bridge: its action was made by him.
  const administratorId = Number(action['create_uid']);
  return runBridgeAction(records, String(action['code']), input as Values, refresh, administratorId);
}

function runBridgeAction(
  records: Records,
  code: string,
  input: Values,
  refresh: (messageId: number) => void,
  administratorId: number,
): unknown {
  switch (code) {
    case 'settings':
      return bridgeSettings(records);
    case 'read':
      return bridgeRead(records, input);
    case 'apply':
      return bridgeApply(records, input, refresh);
    case 'route':
      return bridgeRoute(records, input);
    case 'deliver': {
      const answer: Record<string, unknown> = {};
      return new AfterCommit(answer, async () => {
        Object.assign(answer, await bridgeDeliver(records, input));
      });
    }
    case 'find':
      return bridgeFind(records, input);
    case 'pending':
      return bridgePending(records, input);
    case 'alert':
      return bridgeAlert(records, input, administratorId);
    default:
      throw userError(`The stand-in cannot run an action with the code ${code}.`);
  }
}
