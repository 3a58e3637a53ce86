import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import { findScheduledJob } from '../../support/odoo/scheduled-jobs.ts';

let bridged: BridgedOdoo;
beforeAll(async () => {
  bridged = await openBridgedOdoo();
  // The clean-up has run for today. Otherwise it would delete the mail that looks old.
  await (await findScheduledJob(bridged.odoo.administrator, 'release')).runBySchedule();
});
afterAll(() => bridged.close());

/** What Odoo's job does every five minutes. */
const runCheck = () =>
  bridged.odoo.administrator.runPython(`env.ref('sweego_bridge.cron_silent_bridge').method_direct_trigger()`);
const serverOf = async () =>
  (await bridged.search('ir.mail_server', [['id', '=', bridged.serverId]], ['x_sweego_contact_at']))[0];
const contactMinutesAgo = (minutes: number) =>
  bridged.odoo.administrator.runPython(
    `env['ir.mail_server'].browse(${bridged.serverId}).write({'x_sweego_contact_at': datetime.datetime.now() - datetime.timedelta(minutes=${minutes})})`,
  );
const activities = () =>
  bridged.search('mail.activity', [['x_sweego_key', '=', 'silent-bridge']], ['summary', 'user_id', 'note']);

it('a bridge that works reports its contact to Odoo, and raises no activity', async () => {
  await eventually(serverOf, (server) => server?.['x_sweego_contact_at'] !== false);
  await runCheck();
  expect(await activities()).toEqual([]);
});

it('a silent bridge raises one activity for the chosen user while mails wait, and none after it is back', async () => {
  await bridged.bridge.stop();
  await bridged.call('res.users', 'write', [[2], { tz: 'Asia/Kolkata' }]);
  await contactMinutesAgo(20);
  await runCheck();
  expect(await activities()).toEqual([]);
  const [ann = 0] = await bridged.createPartners(['ann@example.com']);
  await bridged.post((await bridged.createOrder(ann)).id, [ann]);
  await runCheck();
  await runCheck();
  const sent = bridged.sink.mails.length;
  const shown = await activities();
  expect(shown).toMatchObject([{ summary: 'The Sweego bridge is silent', user_id: [2, 'Administrator'] }]);
  // In that user's time zone.
  expect(shown[0]?.['note']).toMatch(/since \d{4}-\d\d-\d\d \d\d:\d\d \(IST\),/);
  await contactMinutesAgo(10);
  await runCheck();
  expect(await activities()).toEqual([]);
  expect(bridged.sink.mails).toHaveLength(sent);
  await contactMinutesAgo(16);
  await runCheck();
  expect(await activities()).toHaveLength(1);
});

it('a mail without any event for 30 days no longer counts as waiting, and counts again after a Retry', async () => {
  const [mail] = await bridged.search(
    'mail.mail',
    [['x_sweego_relayed', '=', true]],
    ['x_sweego_pending_delete'],
  );
  expect(mail).toMatchObject({ x_sweego_pending_delete: true });
  const age = (days: number) =>
    bridged.odoo.administrator.runPython(
      `env.cr.execute("UPDATE mail_mail SET write_date = now() AT TIME ZONE 'UTC' - interval '${days} days' WHERE x_sweego_relayed")`,
    );
  const pending = async () =>
    (
      await bridged.search(
        'mail.mail',
        [['id', '=', mail?.id]],
        ['x_sweego_pending_delete', 'x_sweego_pending_since'],
      )
    )[0];
  await age(31);
  await contactMinutesAgo(10);
  await runCheck();
  await contactMinutesAgo(20);
  await runCheck();
  expect(await activities()).toEqual([]);
  expect(await pending()).toMatchObject({ x_sweego_pending_delete: false, x_sweego_pending_since: false });
  await bridged.call('mail.mail', 'mark_outgoing', [[mail?.id]]);
  await bridged.call('mail.mail', 'send', [[mail?.id]]);
  expect(await pending()).toMatchObject({ x_sweego_pending_delete: true });
});
