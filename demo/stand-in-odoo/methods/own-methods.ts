import { bridgeActions } from '../actions/bridge-actions.ts';
import { accessError, missingError, userError, valueError } from '../faults.ts';
import { postMessage } from '../mails/mail-creation.ts';
import { sendMails } from '../mails/mail-sending.ts';
import type { Values } from '../records/records.ts';
import type { Row } from '../records/store.ts';
import { AfterCommit } from './method.ts';
import type { Method, MethodCall } from './method.ts';

/** Methods of single models, by `model.method`; `mail.thread` stands for every model with a chatter. */
export const ownMethods: Readonly<Record<string, Method>> = {
  'mail.thread.message_post': {
    on: 'records',
    optional: ['body', 'message_type', 'subtype_xmlid', 'partner_ids', 'email_from', 'reply_to'],
    run({ records, model, ids, args, partnerId }) {
      const { message, mail } = postMessage(records, model, ids[0] ?? 0, args, partnerId);
      return new AfterCommit(async () => {
        if (mail !== undefined) await sendMails(records, [mail.id]);
        return [message.id];
      });
    },
  },
  'mail.mail.send': {
    on: 'records',
    run: ({ records, ids }) =>
      new AfterCommit(async () => {
        await sendMails(records, ids);
        return null;
      }),
  },
  'mail.mail.mark_outgoing': {
    on: 'records',
    run({ records, ids }) {
      records.write('mail.mail', ids, { state: 'outgoing' });
      return true;
    },
  },
  'res.lang.unlink': {
    on: 'records',
    run() {
      throw userError('You cannot delete a language which is active: deactivate the language first.');
    },
  },
  'ir.config_parameter.get_param': {
    on: 'model',
    required: ['key'],
    run: (call) => findParameter(call)?.['value'] ?? false,
  },
  'ir.config_parameter.set_param': {
    on: 'model',
    required: ['key', 'value'],
    run(call) {
      const { records, args } = call;
      const found = findParameter(call);
      if (found === undefined) records.create('ir.config_parameter', args);
      else records.write('ir.config_parameter', [found.id], args);
      return found?.['value'] ?? false;
    },
  },
  'ir.model.data.check_object_reference': {
    on: 'model',
    required: ['module', 'xml_id'],
    run: findReference,
  },
  'ir.actions.server.run': { on: 'records', run: runAction },
};

function findParameter({ records, args }: MethodCall): Row | undefined {
  return records.search('ir.config_parameter', [['key', '=', args['key']]])[0];
}

function findReference({ records, args, mayRunActions }: MethodCall): unknown {
  const [found] = records.search('ir.model.data', [
    ['module', '=', args['module']],
    ['name', '=', args['xml_id']],
  ]);
  if (found === undefined) throw valueError(`External ID not found in the system: ${String(args['xml_id'])}`);
  // Odoo searches the record as the caller, so that nobody learns of records they may not see.
  if (!mayRunActions) throw accessError('You are not allowed to access this record.');
  return [found['model'], found['res_id']];
}

/** A provisioned server action: its input is in the context, its answer is Odoo's variable `action`. */
function runAction({ records, ids, context, mayRunActions }: MethodCall): unknown {
  const action = records.store.find('ir.actions.server', ids[0] ?? 0);
  if (action === undefined) throw missingError('ir.actions.server', ids);
  if (!mayRunActions) throw accessError('You do not have enough access rights to run this action.');
  const input = context['sweego_bridge'] as Values;
  return bridgeActions[String(action['code'])]?.(records, input, action);
}
