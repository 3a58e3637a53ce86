import { afterAll, beforeAll, expect, it } from 'vitest';
import { sweegoLogRow } from '../../../demo/sweego-logs.ts';
import { eventually, openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';

let bridged: BridgedOdoo;
let partners: number[];
beforeAll(async () => {
  bridged = await openBridgedOdoo(() => ({ RECONCILE_CRON: '* * * * *' }));
  partners = await bridged.createPartners(['ann@example.com', 'bob@example.com']);
});
afterAll(() => bridged.close());

const asAdministrator = (python: string) => bridged.odoo.administrator.runPython(python);
/** Enough for several minutes: the bridge wakes and reads Odoo's settings once in each. */
const someMinutesMs = 200_000;

/** Sends a mail whose bounce stands only in Sweego's log. Returns a function that reads its envelope. */
async function mailThatBounces(recipient: number): Promise<() => Promise<unknown>> {
  const order = await bridged.createOrder(recipient);
  const message = await bridged.post(order.id, [recipient]);
  const mail = bridged.sink.mails.at(-1) ?? expect.fail('nothing was sent');
  bridged.sweego.api.logRows.push(
    sweegoLogRow({
      mail,
      uid: `01-${recipient}`,
      transactionId: 't-1',
      status: 'undelivered',
      at: new Date(),
      bounceType: 'hard',
      smtpAnswer: '550 5.1.1 user unknown',
    }),
  );
  const envelope = ['notification_status', 'failure_type'];
  return async () =>
    (await bridged.search('mail.notification', [['mail_message_id', '=', message]], envelope))[0];
}
const isRed = (envelope: unknown) =>
  (envelope as { notification_status?: string }).notification_status === 'exception';

it('serve finds by schedule a bounce whose webhook was lost', { timeout: someMinutesMs }, async () => {
  const envelope = await mailThatBounces(partners[0] ?? 0);
  expect(await eventually(envelope, isRed, someMinutesMs)).toMatchObject({
    failure_type: 'mail_email_invalid',
  });
});

it(
  'a schedule that is switched off in Odoo runs only when somebody starts it there by hand',
  { timeout: 2 * someMinutesMs },
  async () => {
    await asAdministrator(`env.ref('sweego_bridge.cron_reconcile').write({'active': False})`);
    await bridged.restart();
    const requestsBefore = bridged.sweego.api.requests.length;
    const envelope = await mailThatBounces(partners[1] ?? 0);
    const minute = new Date().getMinutes();
    // By now a scheduled time has passed and the bridge has woken.
    await eventually(
      async () => new Date(),
      (now) => now.getMinutes() !== minute && now.getSeconds() > 10,
      someMinutesMs,
    );
    expect(bridged.sweego.api.requests).toHaveLength(requestsBefore);
    await asAdministrator(`env.ref('sweego_bridge.cron_reconcile').method_direct_trigger()`);
    await eventually(envelope, isRed, someMinutesMs);
  },
);
