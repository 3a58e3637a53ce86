import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import type { BridgedOdoo } from './bridged-odoo.ts';
import { openOdooFront } from './odoo-front.ts';

const chromiumPath = '/usr/bin/chromium';

/** A notification in the chatter: the envelope beside a message. */
export const envelope = '.o-mail-Message-notification';
export const redEnvelope =
  '.o-mail-Message-notification.text-danger, .o-mail-Message .text-danger .fa-envelope, .o-mail-Message-notification .text-danger';

/** Odoo's own web client in Chromium, with the administrator logged in. */
export type OdooBrowser = {
  page: Page;
  /** Base address of Odoo as the browser sees it, without trailing slash. */
  url: string;
  /** Shows a sales order once its chatter has an envelope and receives live updates. */
  showOrder(orderId: number): Promise<void>;
  /** Shows the page "Sweego" of an outgoing mail server. */
  showMailServer(serverId: number): Promise<void>;
  /** Shows the list of everything that Sweego reported. */
  showHistory(): Promise<void>;
  close(): Promise<void>;
};

/** @throws Error when Debian's package chromium is not installed */
export async function openOdooBrowser(
  bridged: BridgedOdoo,
  viewport: { width: number; height: number },
): Promise<OdooBrowser> {
  if (!existsSync(chromiumPath)) throw new Error('This needs Chromium. Run: apt-get install -y chromium');
  const front = await openOdooFront(bridged.odoo);
  const browser = await chromium.launch({
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
  const page = await browser.newPage({ viewport });
  await page.goto(`${front.url}/web/login?db=${bridged.odoo.database}`);
  await page.fill('input[name="login"]', bridged.odoo.adminLogin);
  await page.fill('input[name="password"]', bridged.odoo.adminPassword);
  await page.click('button[type="submit"]');
  await page.waitForSelector('.o_web_client', { timeout: 90_000 });
  return {
    page,
    url: front.url,
    async showOrder(orderId) {
      await page.goto(`${front.url}/odoo/sales/${orderId}`);
      await page.waitForSelector(envelope, { timeout: 90_000 });
      // The websocket subscribes a moment after the page is drawn; what is sent before is not seen live.
      await page.waitForTimeout(3_000);
    },
    async showMailServer(serverId) {
      await page.goto(`${front.url}/odoo/action-base.action_ir_mail_server_list/${serverId}?debug=1`);
      await page.locator('.o_notebook .nav-link', { hasText: 'Sweego' }).click();
      const secret = page.locator('[name="x_sweego_outbound_webhook_secret"] input');
      await secret.waitFor({ timeout: 60_000 });
    },
    async showHistory() {
      const [action] = await bridged.search(
        'ir.actions.act_window',
        [['name', '=', 'Sweego events']],
        ['id'],
      );
      await page.goto(`${front.url}/odoo/action-${action?.id}?debug=1`);
      await page.waitForSelector('.o_list_table', { timeout: 60_000 });
    },
    async close() {
      await browser.close();
      await front.close();
    },
  };
}
