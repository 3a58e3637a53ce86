import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import { envelope, openOdooBrowser, redEnvelope } from '../../support/odoo/odoo-browser.ts';
import type { OdooBrowser } from '../../support/odoo/odoo-browser.ts';

/** What a salesperson sees in Odoo's own web client. SCREENSHOTS names a folder for pictures of each step. */
let bridged: BridgedOdoo;
let browser: OdooBrowser;
let page: Page;

beforeAll(async () => {
  bridged = await openBridgedOdoo();
  browser = await openOdooBrowser(bridged, { width: 1400, height: 1000 });
  page = browser.page;
}, 240_000);
afterAll(async () => {
  await browser.close();
  await bridged.close();
});

async function picture(name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

describe('the chatter of a sales order', () => {
  it('shows a bounce as a red envelope and a later delivery as a grey one, without a reload', async () => {
    const [partner] = await bridged.createPartners(['ada@example.com']);
    const order = await bridged.createOrder(partner ?? 0);
    await bridged.post(order.id, [partner ?? 0]);
    const mail = await bridged.sweego.waitForMail((each) => each.recipient === 'ada@example.com');
    await browser.showOrder(order.id);
    expect(await page.locator(redEnvelope).count()).toBe(0);
    await picture('chatter-1-before');

    const refused = { type: 'soft-bounce', mail, at: new Date(), smtpAnswer: '452 4.2.2 Mailbox full' };
    await bridged.sweego.sendEvent(refused);
    await page.waitForSelector(redEnvelope, { timeout: 60_000 });
    await picture('chatter-2-bounced');
    await page.locator(redEnvelope).first().click();
    await page.waitForTimeout(500);
    await picture('chatter-3-popover');
    await page.keyboard.press('Escape');

    await bridged.sweego.sendEvent({ type: 'delivered', mail, at: new Date() });
    await page.locator(redEnvelope).first().waitFor({ state: 'detached', timeout: 60_000 });
    await picture('chatter-4-delivered');
    await page.reload();
    await page.waitForSelector(envelope, { timeout: 90_000 });
    expect(await page.locator(redEnvelope).count()).toBe(0);
  });
});

describe('an administrator’s screens', () => {
  it('have a page for Sweego on the mail server, with the secrets hidden', async () => {
    await browser.showMailServer(bridged.serverId);
    const secret = page.locator('[name="x_sweego_outbound_webhook_secret"] input');
    await picture('mail-server');
    expect(await secret.getAttribute('type')).toBe('password');
  });

  it('list what happened to each mail', async () => {
    await browser.showHistory();
    await picture('events');
    const text = await page.locator('.o_list_table').innerText();
    expect(text).toContain('soft_bounce');
    expect(text).toContain('ada@example.com');
  });

  it('show on a mail what it waits for', async () => {
    const [partner] = await bridged.createPartners(['ben@example.com']);
    const order = await bridged.createOrder(partner ?? 0);
    const message = await bridged.post(order.id, [partner ?? 0]);
    const [mail] = await bridged.search('mail.mail', [['mail_message_id', '=', message]], ['id']);
    await page.goto(`${browser.url}/odoo/action-mail.action_view_mail_mail/${mail?.id}?debug=1`);
    await page.locator('.o_notebook .nav-link', { hasText: 'Sweego' }).click();
    const pending = page.locator('[name="x_sweego_pending_delete"] input');
    await pending.waitFor({ timeout: 60_000 });
    await picture('mail');
    expect(await pending.isChecked()).toBe(true);
  });

  it('have the bridge’s jobs among the scheduled actions', async () => {
    const jobs = await bridged.search('ir.cron', [['name', 'like', 'Sweego']], ['name']);
    await page.goto(`${browser.url}/odoo/action-base.ir_cron_act?debug=1`);
    await page.waitForSelector('.o_list_table', { timeout: 60_000 });
    const text = await page.locator('.o_list_table').innerText();
    expect(text).toContain('Sweego: delivery log synchronisation');
    expect(text).toContain('Sweego: delete kept mails');
    await page.goto(`${browser.url}/odoo/action-base.ir_cron_act/${jobs[0]?.id}?debug=1`);
    await page.locator('button', { hasText: 'Run Manually' }).waitFor({ timeout: 60_000 });
    await picture('scheduled-action');
  });

  it('show among the activities that the bridge is silent while mails wait', async () => {
    const [partner] = await bridged.createPartners(['cleo@example.com']);
    await bridged.post((await bridged.createOrder(partner ?? 0)).id, [partner ?? 0]);
    await bridged.bridge.stop();
    // The job runs in a transaction of its own.
    for (const python of [
      `env['ir.mail_server'].search([]).write({'x_sweego_contact_at': datetime.datetime.now() - datetime.timedelta(hours=1)})`,
      `env.ref('sweego_bridge.cron_silent_bridge').method_direct_trigger()`,
    ]) {
      await bridged.odoo.administrator.runPython(python);
    }
    await page.goto(`${browser.url}/odoo?debug=1`);
    await page.locator('.o-mail-ActivityMenu-counter').waitFor({ timeout: 60_000 });
    await page
      .locator('.o_menu_systray i[aria-label="Activities"], .o-mail-ActivityMenu-counter')
      .first()
      .click();
    await page.waitForTimeout(1_500);
    await picture('silent-bridge-1-menu');
    await page.locator('.o-mail-ActivityGroup').first().click();
    await page.locator('text=The Sweego bridge is silent').first().waitFor({ timeout: 60_000 });
    await picture('silent-bridge-2-activity');
  });
});
