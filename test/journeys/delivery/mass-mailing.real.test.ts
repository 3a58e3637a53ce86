import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SinkMail } from '../../../demo/smtp-sink.ts';
import { eventually, openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';

let bridged: BridgedOdoo;
const people = ['ann', 'bob', 'cat', 'dan', 'eve'].map((name) => `${name}@list.example.com`);

beforeAll(async () => {
  bridged = await openBridgedOdoo();
  const [module] = await bridged.search('ir.module.module', [['name', '=', 'mass_mailing']], ['id']);
  await bridged.call('ir.module.module', 'button_immediate_install', [[module?.id]]);
}, 300_000);
afterAll(async () => {
  await bridged.close();
});

/** Sends a campaign to everybody; Odoo deletes its mails at once unless the server defers that. */
async function sendCampaign(subject: string): Promise<Map<string, SinkMail>> {
  const begun = bridged.sink.mails.length;
  await bridged.odoo.administrator.runPython(
    `
people = env['mailing.list'].create({'name': 'People of %s' % env.context['subject']})
for email in env.context['people']:
    env['mailing.contact'].create({'name': email, 'email': email, 'list_ids': [(4, people.id)]})
mailing = env['mailing.mailing'].create({
    'subject': env.context['subject'], 'body_html': '<p>News</p>', 'mailing_type': 'mail',
    'mailing_model_id': env['ir.model']._get_id('mailing.list'), 'contact_list_ids': [(4, people.id)],
    'email_from': 'News <news@example.com>', 'reply_to_mode': 'new', 'reply_to': 'news@example.com',
})
mailing.action_send_mail()
env['mail.mail'].sudo().process_email_queue()
`,
    { people, subject },
  );
  await eventually(
    async () => bridged.sink.mails.length - begun,
    (count) => count >= people.length,
  );
  return new Map(bridged.sink.mails.slice(begun).map((mail) => [mail.recipient, mail]));
}

async function tracesOf(subject: string): Promise<Map<string, Record<string, unknown>>> {
  const rows = await bridged.search(
    'mailing.trace',
    [['mass_mailing_id.subject', '=', subject]],
    ['email', 'trace_status', 'failure_type', 'links_click_datetime', 'open_datetime'],
  );
  return new Map(rows.map((row) => [String(row['email']), row]));
}

async function report(mail: SinkMail | undefined, type: string, smtpAnswer?: string): Promise<void> {
  if (mail === undefined) throw new Error('no such mail');
  await bridged.sweego.sendEvent({
    type,
    mail,
    at: new Date(),
    ...(smtpAnswer === undefined ? {} : { smtpAnswer }),
  });
}

describe.each([
  ['deletes its mails at once', false],
  ['keeps its mails until delivery is known', true],
])('a campaign whose server %s', (_, x_sweego_delete_on_sent) => {
  it('shows in its figures what happened to each mail', async () => {
    const subject = `News ${x_sweego_delete_on_sent}`;
    await bridged.call('ir.mail_server', 'write', [[bridged.serverId], { x_sweego_delete_on_sent }]);
    const mails = await sendCampaign(subject);
    const [ann, bob, cat, dan, eve] = people as [string, string, string, string, string];
    expect(mails.get(ann)?.headers['reply-to']).toContain('news@example.com');
    await report(mails.get(ann), 'delivered');
    await report(mails.get(bob), 'hard_bounce', '550 5.1.1 User unknown');
    await report(mails.get(cat), 'delivered');
    await report(mails.get(cat), 'email_clicked');
    await report(mails.get(dan), 'email_opened');
    await report(mails.get(eve), 'soft-bounce', '451 4.7.1 Try again later');
    const traces = await eventually(
      () => tracesOf(subject),
      (found) =>
        found.get(bob)?.['trace_status'] === 'bounce' &&
        found.get(cat)?.['links_click_datetime'] !== false &&
        found.get(dan)?.['trace_status'] === 'open' &&
        found.get(eve)?.['trace_status'] === 'error',
    );
    expect(traces.get(ann)).toMatchObject({ trace_status: 'sent', failure_type: false });
    expect(traces.get(bob)).toMatchObject({ trace_status: 'bounce', failure_type: 'mail_bounce' });
    expect(traces.get(cat)).toMatchObject({ trace_status: 'open' });
    expect(traces.get(eve)).toMatchObject({ trace_status: 'error', failure_type: 'mail_smtp' });
    await report(mails.get(eve), 'delivered');
    await eventually(
      () => tracesOf(subject),
      (found) => found.get(eve)?.['trace_status'] === 'sent',
    );
  });
});

describe('the options of a mail server', () => {
  const isBlacklisted = async (email: string) =>
    (await bridged.search('mail.blacklist', [['email', '=', email]], ['id'])).length > 0;
  const bouncesOf = async (email: string) =>
    (await bridged.search('res.partner', [['email', '=', email]], ['message_bounce']))[0]?.['message_bounce'];

  async function mailAll(addresses: readonly string[]) {
    const partners = await bridged.createPartners(addresses);
    const order = await bridged.createOrder(partners[0] ?? 0);
    await bridged.post(order.id, partners);
    return Promise.all(
      addresses.map((address) => bridged.sweego.waitForMail((mail) => mail.recipient === address)),
    );
  }

  it('are off: nobody is blacklisted and nothing is counted unless an administrator chose so', async () => {
    const [fay, gus] = await mailAll(['fay@example.com', 'gus@example.com']);
    await report(fay, 'complaint');
    await report(gus, 'hard_bounce', '550 5.1.1 User unknown');
    await eventually(
      () =>
        bridged.search(
          'x_sweego_event',
          [['x_recipient', 'in', ['fay@example.com', 'gus@example.com']]],
          ['id'],
        ),
      (rows) => rows.length === 2,
    );
    expect(await isBlacklisted('fay@example.com')).toBe(false);
    expect(await bouncesOf('gus@example.com')).toBe(0);
  });

  it('feed the blacklist and count dead addresses, each event once, and never for an error of our own', async () => {
    await bridged.call('ir.mail_server', 'write', [
      [bridged.serverId],
      { x_sweego_feed_blacklist: true, x_sweego_count_bounces: true },
    ]);
    const [hal, ivy, jon, kay] = await mailAll([
      'hal@example.com',
      'ivy@example.com',
      'jon@example.com',
      'kay@example.com',
    ]);
    await bridged.restart();
    await report(hal, 'complaint');
    await report(ivy, 'list_unsub');
    const dead = bridged.sweego.createEvent({
      type: 'hard_bounce',
      mail: jon as SinkMail,
      at: new Date(),
      smtpAnswer: '550 5.1.1 User unknown',
    });
    await bridged.sweego.send(dead);
    await bridged.sweego.send(dead);
    await report(kay, 'hard_bounce', '550 5.7.1 Client host is on a block list');
    await eventually(
      async () => [await isBlacklisted('hal@example.com'), await isBlacklisted('ivy@example.com')],
      (both) => both.every(Boolean),
    );
    await eventually(
      () => bridged.search('x_sweego_event', [['x_recipient', '=', 'kay@example.com']], ['id']),
      (rows) => rows.length === 1,
    );
    expect(await bouncesOf('jon@example.com')).toBe(1);
    expect(await bouncesOf('kay@example.com')).toBe(0);
    expect(await isBlacklisted('jon@example.com')).toBe(false);
  });
});
