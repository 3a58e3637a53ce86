import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import { openOdooFront } from '../../support/odoo/odoo-front.ts';
import type { OdooFront } from '../../support/odoo/odoo-front.ts';

/** What a salesperson sees in Odoo's own web client. SCREENSHOTS names a folder for pictures of it. */
let bridged: BridgedOdoo;
let front: OdooFront;
let browser: Browser;
let page: Page;
const chromiumPath = '/usr/bin/chromium';
const red =
  '.o-mail-Message-notification.text-danger, .o-mail-Message .text-danger .fa-envelope, .o-mail-Message-notification .text-danger';
const envelope = '.o-mail-Message-notification';

beforeAll(async () => {
  if (!existsSync(chromiumPath)) throw new Error('This needs Chromium. Run: apt-get install -y chromium');
  bridged = await openBridgedOdoo();
  front = await openOdooFront(bridged.odoo);
  browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  await page.goto(`${front.url}/web/login?db=${bridged.odoo.database}`);
  await page.fill('input[name="login"]', bridged.odoo.adminLogin);
  await page.fill('input[name="password"]', bridged.odoo.adminPassword);
  await page.click('button[type="submit"]');
  await page.waitForSelector('.o_web_client', { timeout: 90_000 });
}, 240_000);
afterAll(async () => {
  await browser.close();
  await front.close();
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
    await page.goto(`${front.url}/odoo/sales/${order.id}`);
    await page.waitForSelector(envelope, { timeout: 90_000 });
    // The websocket subscribes a moment after the page is drawn; what is sent before is not seen live.
    await page.waitForTimeout(3_000);
    expect(await page.locator(red).count()).toBe(0);
    await picture('chatter-1-before');

    const refused = { type: 'soft-bounce', mail, at: new Date(), smtpAnswer: '452 4.2.2 Mailbox full' };
    await bridged.sweego.sendEvent(refused);
    await page.waitForSelector(red, { timeout: 60_000 });
    await picture('chatter-2-bounced');
    await page.locator(red).first().click();
    await page.waitForTimeout(500);
    await picture('chatter-3-popover');
    await page.keyboard.press('Escape');

    await bridged.sweego.sendEvent({ type: 'delivered', mail, at: new Date() });
    await page.locator(red).first().waitFor({ state: 'detached', timeout: 60_000 });
    await picture('chatter-4-delivered');
    await page.reload();
    await page.waitForSelector(envelope, { timeout: 90_000 });
    expect(await page.locator(red).count()).toBe(0);
  });
});

describe('an administrator’s screens', () => {
  it('have a page for Sweego on the mail server, with the secrets hidden', async () => {
    await page.goto(`${front.url}/odoo/action-base.action_ir_mail_server_list/${bridged.serverId}?debug=1`);
    await page.locator('.o_notebook .nav-link', { hasText: 'Sweego' }).click();
    const secret = page.locator('[name="x_sweego_outbound_webhook_secret"] input');
    await secret.waitFor({ timeout: 60_000 });
    await picture('mail-server');
    expect(await secret.getAttribute('type')).toBe('password');
  });

  it('list what became of each mail', async () => {
    const [action] = await bridged.search('ir.actions.act_window', [['name', '=', 'Sweego events']], ['id']);
    await page.goto(`${front.url}/odoo/action-${action?.id}?debug=1`);
    await page.waitForSelector('.o_list_table', { timeout: 60_000 });
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
    await page.goto(`${front.url}/odoo/action-mail.action_view_mail_mail/${mail?.id}?debug=1`);
    await page.locator('.o_notebook .nav-link', { hasText: 'Sweego' }).click();
    const pending = page.locator('[name="x_sweego_pending_delete"] input');
    await pending.waitFor({ timeout: 60_000 });
    await picture('mail');
    expect(await pending.isChecked()).toBe(true);
  });

  it('have the bridge’s jobs among the scheduled actions', async () => {
    const jobs = await bridged.search('ir.cron', [['name', 'like', 'Sweego']], ['name']);
    await page.goto(`${front.url}/odoo/action-base.ir_cron_act?debug=1`);
    await page.waitForSelector('.o_list_table', { timeout: 60_000 });
    const text = await page.locator('.o_list_table').innerText();
    expect(text).toContain('Sweego: delivery log synchronisation');
    expect(text).toContain('Sweego: delete kept mails');
    await page.goto(`${front.url}/odoo/action-base.ir_cron_act/${jobs[0]?.id}?debug=1`);
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
    await page.goto(`${front.url}/odoo?debug=1`);
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
