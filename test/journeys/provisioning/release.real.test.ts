import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import { findScheduledJob } from '../../support/odoo/scheduled-jobs.ts';
import type { ScheduledJob } from '../../support/odoo/scheduled-jobs.ts';

let bridged: BridgedOdoo;
let job: ScheduledJob;
beforeAll(async () => {
  bridged = await openBridgedOdoo();
  job = await findScheduledJob(bridged.odoo.administrator, 'release');
  await job.runBySchedule();
});
afterAll(() => bridged.close());

type Sent = { message: number; mail: number };

/** Sends a mail of an order to this contact. Resolves when Odoo has sent it or failed to. */
async function sendTo(address: string): Promise<Sent> {
  const [partner = 0] = await bridged.createPartners([address]);
  const message = await bridged.post((await bridged.createOrder(partner)).id, [partner]);
  const [mail] = await bridged.search('mail.mail', [['mail_message_id', '=', message]], ['id']);
  return { message, mail: mail?.id ?? expect.fail('Odoo kept no mail.') };
}

/** Sends a direct mail with a file, as a template without a thread creates it. */
async function sendDirect(address: string): Promise<Sent & { file: number }> {
  const file = await bridged.create('ir.attachment', {
    name: 'offer.txt',
    raw: 'an offer',
    res_model: 'mail.message',
  });
  const mail = await bridged.create('mail.mail', {
    subject: 'Direct',
    body_html: '<p>Direct</p>',
    email_to: address,
    auto_delete: true,
    attachment_ids: [[6, 0, [file]]],
  });
  const [row] = await bridged.search('mail.mail', [['id', '=', mail]], ['mail_message_id']);
  await bridged.call('mail.mail', 'send', [[mail]]);
  return { message: (row?.['mail_message_id'] as [number, string])[0], mail, file };
}

const python = (code: string) => bridged.odoo.administrator.runPython(code);
const set = (mail: number, values: Record<string, unknown>) =>
  bridged.call('mail.mail', 'write', [[mail], values]);
const age = (days: number, ...mails: number[]) =>
  python(
    `env.cr.execute("UPDATE mail_mail SET write_date = now() AT TIME ZONE 'UTC' - interval '${days} days' WHERE id IN (${mails.join()})")`,
  );
const remaining = async (...mails: number[]) =>
  (await bridged.search('mail.mail', [['id', 'in', mails]], ['id'])).map(({ id }) => id);
const notificationsOf = (message: number) =>
  bridged.search(
    'mail.notification',
    [['mail_message_id', '=', message]],
    ['notification_status', 'x_sweego_status', 'mail_mail_id'],
  );
const bounce = async (address: string, type: string, smtpAnswer: string) => {
  const mail = await bridged.sweego.waitForMail(({ recipient }) => recipient === address);
  await bridged.sweego.sendEvent({ type, mail, at: new Date(), smtpAnswer });
};
const isFailed = (mail: number) =>
  eventually(
    () => bridged.search('mail.mail', [['id', '=', mail]], ['state']),
    ([row]) => row?.['state'] === 'exception',
  );

describe('the clean-up deletes', () => {
  it('a confirmed mail after a day, but not its message', async () => {
    const sent = await sendTo('ada@example.com');
    await set(sent.mail, { x_sweego_confirmed: true });
    await job.runByHand();
    expect(await remaining(sent.mail)).toEqual([sent.mail]);
    await age(2, sent.mail);
    await job.runByHand();
    expect(await remaining(sent.mail)).toEqual([]);
    expect(await notificationsOf(sent.message)).toMatchObject([
      { notification_status: 'sent', mail_mail_id: false },
    ]);
    const logged = await bridged.search('ir.logging', [['message', 'like', 'kept mails']], ['message']);
    expect(logged.at(-1)?.['message']).toContain('deleted 1 kept mails');
  });

  it('a mail without any event for 30 days; a later bounce still turns its envelope red', async () => {
    const sent = await sendTo('ben@example.com');
    await age(29, sent.mail);
    await job.runByHand();
    expect(await remaining(sent.mail)).toEqual([sent.mail]);
    await age(31, sent.mail);
    await job.runByHand();
    expect(await remaining(sent.mail)).toEqual([]);
    await bounce('ben@example.com', 'hard_bounce', '550 5.1.1 User unknown');
    await eventually(
      () => notificationsOf(sent.message),
      ([row]) => row?.['notification_status'] === 'exception' && row['x_sweego_status'] === 'hard_bounce',
    );
    const history = await bridged.search(
      'x_sweego_event',
      [['x_mail_message_id', '=', sent.message]],
      ['x_type'],
    );
    expect(history).toMatchObject([{ x_type: 'hard_bounce' }]);
  });

  it('a direct mail with its message and its file, as Odoo does after sending', async () => {
    const kept = await sendDirect('cyd@example.com');
    await age(31, kept.mail);
    await job.runByHand();
    await bridged.call('ir.mail_server', 'write', [[bridged.serverId], { x_sweego_delete_on_sent: false }]);
    const deletedByOdoo = await sendDirect('dan@example.com');
    await bridged.call('ir.mail_server', 'write', [[bridged.serverId], { x_sweego_delete_on_sent: true }]);
    for (const { mail, message, file } of [kept, deletedByOdoo]) {
      const left = await python(
        `action = [env[m].sudo().search_count([('id', '=', i)]) for m, i in (('mail.mail', ${mail}), ('mail.message', ${message}), ('ir.attachment', ${file}))]`,
      );
      expect(left).toEqual([0, 0, 0]);
    }
  });

  it('a mail for which Odoo itself found no address, and its envelope stays red', async () => {
    const sent = await sendTo('');
    await job.runByHand();
    expect(await remaining(sent.mail)).toEqual([sent.mail]);
    await age(2, sent.mail);
    await job.runByHand();
    expect(await remaining(sent.mail)).toEqual([]);
    expect(await notificationsOf(sent.message)).toMatchObject([{ notification_status: 'exception' }]);
  });

  it('all mails that are due, in batches of a thousand', async () => {
    await python(`
env.cr.execute("""
    WITH message AS (
        INSERT INTO mail_message (message_type, message_id, create_date)
        SELECT 'email', '<many-' || n || '@example.com>', now() AT TIME ZONE 'UTC' FROM generate_series(1, 1250) n RETURNING id
    )
    INSERT INTO mail_mail (mail_message_id, state, x_sweego_relayed, x_sweego_auto_delete, is_notification, email_to, write_date)
    SELECT id, 'sent', true, true, true, 'many@example.com', now() AT TIME ZONE 'UTC' - interval '40 days' FROM message
""")`);
    await job.runBySchedule();
    expect(await bridged.search('mail.mail', [['email_to', '=', 'many@example.com']], ['id'])).toEqual([]);
    const logged = await bridged.search('ir.logging', [['message', 'like', 'kept mails']], ['message']);
    expect(logged.slice(-2).map((row) => row['message'])).toEqual([
      'sweego_bridge: deleted 1000 kept mails',
      'sweego_bridge: deleted 250 kept mails',
    ]);
  });
});

describe('the clean-up keeps, at any age,', () => {
  it('a mail that bounced, for Retry', async () => {
    const [hard, soft] = [await sendTo('eli@example.com'), await sendTo('fay@example.com')];
    await bounce('eli@example.com', 'hard_bounce', '550 5.1.1 User unknown');
    await bounce('fay@example.com', 'soft-bounce', '451 4.2.0 Later');
    await isFailed(hard.mail);
    await isFailed(soft.mail);
    await age(400, hard.mail, soft.mail);
    await job.runByHand();
    expect(await remaining(hard.mail, soft.mail)).toEqual([hard.mail, soft.mail]);
  });

  it('a mail that bounced and failed on Retry: without an address, or as a direct mail without an answer', async () => {
    const [noAddress, direct] = [await sendTo('quin@example.com'), await sendDirect('rob@example.com')];
    await bounce('quin@example.com', 'hard_bounce', '550 5.1.1 User unknown');
    await bounce('rob@example.com', 'hard_bounce', '550 5.1.1 User unknown');
    await isFailed(noAddress.mail);
    await isFailed(direct.mail);
    const [partner] = await bridged.search('res.partner', [['email', '=', 'quin@example.com']], ['id']);
    await bridged.call('res.partner', 'write', [[partner?.id], { email: false }]);
    for (const { mail } of [noAddress, direct]) {
      await bridged.call('mail.mail', 'mark_outgoing', [[mail]]);
      await bridged.call('mail.mail', 'send', [[mail]]);
    }
    const all = [noAddress.mail, direct.mail];
    expect(await bridged.search('mail.mail', [['id', 'in', all]], ['state', 'failure_reason'])).toMatchObject(
      [
        {
          state: 'exception',
          failure_reason: expect.stringContaining('At least one valid recipient') as string,
        },
        { state: 'sent' },
      ],
    );
    await age(400, ...all);
    await job.runByHand();
    expect(await remaining(...all)).toEqual(all);
    // Otherwise the message and its red envelope would be deleted too.
    expect(await notificationsOf(direct.message)).toMatchObject([{ notification_status: 'exception' }]);
  });

  it('a direct mail whose message somebody is still sending, or whose envelope is red without a swg_uid', async () => {
    const sending = await sendDirect('una@example.com');
    const red = await sendDirect('vic@example.com');
    const outgoing = await bridged.create('mail.mail', {
      mail_message_id: sending.message,
      email_to: 'wim@example.com',
      state: 'exception',
    });
    await bridged.create('mail.notification', {
      mail_message_id: red.message,
      mail_mail_id: red.mail,
      notification_type: 'email',
      mail_email_address: 'vic@example.com',
      notification_status: 'exception',
      x_sweego_status: 'hard_bounce',
    });
    await age(31, sending.mail, red.mail);
    await job.runByHand();
    expect(await remaining(sending.mail, red.mail, outgoing)).toEqual([sending.mail, red.mail, outgoing]);
  });

  it('a mail that Odoo itself would keep', async () => {
    const [sending, elsewhere, archived, byHand, refused] = [
      await sendTo('gil@example.com'),
      await sendTo('hal@example.com'),
      await sendTo('ivy@example.com'),
      await sendTo('jo@example.com'),
      await sendTo('kim@example.com'),
    ];
    // Scheduled years ahead, so that no queue sends it.
    await set(sending.mail, { state: 'outgoing', scheduled_date: '2099-01-01 00:00:00' });
    await set(elsewhere.mail, { x_sweego_relayed: false });
    await set(archived.mail, { x_sweego_auto_delete: false });
    // As the action “mark undelivered” and the mail composer leave them.
    await set(byHand.mail, {
      state: 'exception',
      failure_type: 'mail_email_invalid',
      failure_reason: 'He moved.',
    });
    await set(refused.mail, { state: 'exception', failure_type: 'mail_email_missing' });
    const all = [sending, elsewhere, archived, byHand, refused].map(({ mail }) => mail);
    await age(400, ...all);
    await job.runByHand();
    expect(await remaining(...all)).toEqual(all);
  });

  it('a mail that a user retries at that moment', async () => {
    const sent = await sendTo('lea@example.com');
    await age(31, sent.mail);
    // Written in a transaction that is still open while the job runs.
    await python(`
mail = env['mail.mail'].browse(${sent.mail})
mail.write({'state': 'outgoing', 'scheduled_date': '2099-01-01 00:00:00'})
env.flush_all()
env['ir.cron'].browse(${job.id}).method_direct_trigger()
`);
    expect(await remaining(sent.mail)).toEqual([sent.mail]);
  });

  it('a mail that a user retries between the search and the lock, and deletes the others', async () => {
    const [retried, other] = [await sendTo('max@example.com'), await sendTo('nia@example.com')];
    await age(31, retried.mail, other.mail);
    const [action] = await bridged.search(
      'ir.actions.server',
      [['name', '=', 'Sweego: delete kept mails']],
      ['code'],
    );
    const code = String(action?.['code']);
    const disturbed = code.replace(
      '    env.cr.execute(MAILS',
      `    if not conflicts:
        env.cr.execute('SELECT 1')
        cursor = env.registry.cursor()
        cursor.execute("UPDATE mail_mail SET state = 'outgoing', scheduled_date = '2099-01-01' WHERE id = ${retried.mail}")
        cursor.commit()
        cursor.close()
        log('disturbed')
    env.cr.execute(MAILS`,
    );
    expect(disturbed).not.toBe(code);
    await bridged.call('ir.actions.server', 'write', [[action?.id], { code: disturbed }]);
    await job.runByHand();
    await bridged.call('ir.actions.server', 'write', [[action?.id], { code }]);
    expect(await bridged.search('ir.logging', [['message', '=', 'disturbed']], ['id'])).toHaveLength(1);
    expect(await remaining(retried.mail, other.mail)).toEqual([retried.mail]);
  });

  it('a mail that another record in Odoo refers to, and deletes the others', async () => {
    const [held, other] = [await sendTo('olga@example.com'), await sendTo('pia@example.com')];
    await python(
      `env.cr.execute("CREATE TABLE held_mail (id integer REFERENCES mail_mail); INSERT INTO held_mail VALUES (${held.mail})")`,
    );
    await age(31, held.mail, other.mail);
    await job.runByHand();
    expect(await remaining(held.mail, other.mail)).toEqual([held.mail]);
    const warned = await bridged.search(
      'ir.logging',
      [['message', 'like', 'refuses to delete']],
      ['message', 'level'],
    );
    expect(warned).toMatchObject([{ level: 'warning' }]);
    expect(String(warned[0]?.['message'])).toContain(`mail.mail ${held.mail}`);
    await python('env.cr.execute("DROP TABLE held_mail")');
  });
});
