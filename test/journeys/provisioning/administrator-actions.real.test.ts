import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';

let bridged: BridgedOdoo;

beforeAll(async () => {
  bridged = await openBridgedOdoo();
});
afterAll(async () => {
  await bridged.close();
});

async function sentMail(address: string): Promise<{ message: number; mail: number }> {
  const [partner] = await bridged.createPartners([address]);
  const order = await bridged.createOrder(partner ?? 0);
  const message = await bridged.post(order.id, [partner ?? 0]);
  const [mail] = await bridged.search('mail.mail', [['mail_message_id', '=', message]], ['id']);
  return { message, mail: mail?.id ?? 0 };
}

/** What the Action menu does with the selected mails. */
async function runAction(name: string, ids: readonly number[], context: Record<string, unknown> = {}) {
  const [action] = await bridged.search('ir.actions.server', [['name', '=', name]], ['binding_view_types']);
  expect(action?.['binding_view_types']).toBe('list,form');
  await bridged.call('ir.actions.server', 'run', [[action?.id]], {
    context: { active_model: 'mail.mail', active_ids: ids, active_id: ids[0], ...context },
  });
}

const mailsOf = (id: number) =>
  bridged.search('mail.mail', [['id', '=', id]], ['state', 'failure_type', 'failure_reason']);
const notificationsOf = (message: number) =>
  bridged.search(
    'mail.notification',
    [['mail_message_id', '=', message]],
    ['notification_status', 'failure_type', 'failure_reason'],
  );

describe('an action on selected mails', () => {
  it('marks them delivered, which deletes them and clears a red envelope', async () => {
    const one = await sentMail('ada@example.com');
    const other = await sentMail('ben@example.com');
    await runAction('Sweego: mark undelivered', [one.mail]);
    await runAction('Sweego: confirm and delete', [one.mail, other.mail]);
    expect(await mailsOf(one.mail)).toEqual([]);
    expect(await mailsOf(other.mail)).toEqual([]);
    expect(await notificationsOf(one.message)).toMatchObject([
      { notification_status: 'sent', failure_type: false },
    ]);
  });

  it('marks them undelivered, with a reason of the administrator if there is one', async () => {
    const plain = await sentMail('cyd@example.com');
    await runAction('Sweego: mark undelivered', [plain.mail]);
    expect(await mailsOf(plain.mail)).toMatchObject([{ state: 'exception', failure_type: 'unknown' }]);
    expect(await notificationsOf(plain.message)).toMatchObject([{ notification_status: 'exception' }]);
    const withReason = await sentMail('dan@example.com');
    await runAction('Sweego: mark undelivered', [withReason.mail], {
      sweego_failure_type: 'mail_email_invalid',
      sweego_failure_reason: 'He moved.',
    });
    expect(await notificationsOf(withReason.message)).toMatchObject([
      { failure_type: 'mail_email_invalid', failure_reason: 'He moved.' },
    ]);
  });

  it('refuses a mail that is being sent, and changes none of the selection', async () => {
    const sent = await sentMail('eli@example.com');
    const [outgoing] = (await bridged.call('mail.mail', 'create', [
      [{ subject: 'Later', email_to: 'fay@example.com', scheduled_date: '2099-01-01 00:00:00' }],
    ])) as number[];
    for (const name of ['Sweego: confirm and delete', 'Sweego: mark undelivered']) {
      await expect(runAction(name, [sent.mail, outgoing ?? 0])).rejects.toThrow(/being sent/);
    }
    expect(await mailsOf(sent.mail)).toMatchObject([{ state: 'sent' }]);
  });
});
