import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { eventually, openBridgedOdoo } from '../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../support/odoo/bridged-odoo.ts';
import { openOdooBrowser, redEnvelope } from '../support/odoo/odoo-browser.ts';
import type { OdooBrowser } from '../support/odoo/odoo-browser.ts';

/** `npm run pictures` takes the pictures of docs/pictures again. Look at each one before you commit it. */
const folder = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));

/** Narrow enough that Odoo puts the chatter below the form. */
const viewport = { width: 1060, height: 1400 };

let bridged: BridgedOdoo;
let browser: OdooBrowser;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  bridged = await openBridgedOdoo();
  await bridged.call('ir.mail_server', 'write', [[bridged.serverId], { x_sweego_alert_user_id: 2 }]);
  browser = await openOdooBrowser(bridged, viewport);
}, 240_000);
afterAll(async () => {
  await browser.close();
  await bridged.close();
});

describe('the pictures of the documentation', () => {
  it('show a delivered and a bounced mail in the chatter of a sales order', async () => {
    const [purchasing, warehouse] = await createCustomers([
      ['Purchasing', 'purchasing@example.com'],
      ['Warehouse', 'warehouse@example.com'],
    ]);
    const order = await bridged.createOrder(purchasing ?? 0);
    await bridged.post(order.id, [purchasing ?? 0], {
      body: 'The desks are in stock. Here is your quotation.',
    });
    await report('purchasing@example.com', 'email_sent', 62);
    await report('purchasing@example.com', 'delivered', 61, '250 2.0.0 OK');
    await bridged.post(order.id, [warehouse ?? 0], { body: 'Can your warehouse receive them on Monday?' });
    await report('warehouse@example.com', 'email_sent', 44);
    await browser.showOrder(order.id);
    await report('warehouse@example.com', 'hard_bounce', 43, '550 5.1.1 User unknown');
    await browser.page.waitForSelector(redEnvelope, { timeout: 60_000 });
    await browser.page.locator(redEnvelope).first().click();
    await takePicture('chatter', { from: '.o-mail-Chatter', to: '.o-mail-Message >> nth=-1' });
  }, 120_000);

  it('show the page of the mail server', async () => {
    await browser.showMailServer(bridged.serverId);
    await takePicture('mail-server', {
      from: '.o_notebook',
      to: '[name="x_sweego_alert_user_id"]',
      width: 640,
    });
  });

  it('show the history of all mails', async () => {
    await sendQuotation('Workshop', 'workshop@example.com');
    await report('workshop@example.com', 'email_sent', 32);
    await report('workshop@example.com', 'soft-bounce', 31, '452 4.2.2 Mailbox full');
    await sendQuotation('Accounting', 'accounting@example.com');
    await report('accounting@example.com', 'email_sent', 26);
    await report('accounting@example.com', 'delivered', 25, '250 2.0.0 OK');
    await sendQuotation('Front desk', 'front-desk@example.com');
    await report('front-desk@example.com', 'email_sent', 12);
    await report('front-desk@example.com', 'hard_bounce', 11, '550 5.7.1 Refused by policy');
    await report('accounting@example.com', 'email_opened', 4);
    await eventually(
      () => bridged.search('x_sweego_event', [], ['x_type']),
      (events) => events.length === 11,
    );
    await browser.showHistory();
    await takePicture('history', { from: '.o_control_panel', to: '.o_data_row >> nth=-1' });
  });
});

async function createCustomers(people: readonly (readonly [string, string])[]): Promise<number[]> {
  const values = people.map(([name, email]) => ({ name, email }));
  return (await bridged.call('res.partner', 'create', [values])) as number[];
}

async function sendQuotation(name: string, email: string): Promise<void> {
  const [customer = 0] = await createCustomers([[name, email]]);
  await bridged.post((await bridged.createOrder(customer)).id, [customer]);
}

/** Sends the webhook of an event that happened so many minutes ago. */
async function report(
  recipient: string,
  type: string,
  minutesAgo: number,
  smtpAnswer?: string,
): Promise<void> {
  const mail = await bridged.sweego.waitForMail((each) => each.recipient === recipient);
  const at = new Date(Date.now() - minutesAgo * 60_000);
  await bridged.sweego.sendEvent({ type, mail, at, ...(smtpAnswer !== undefined && { smtpAnswer }) });
}

/** The picture reaches from the left edge of the page and the top of one element to the bottom of another one. */
async function takePicture(
  name: string,
  { from, to, width = viewport.width }: { from: string; to: string; width?: number },
): Promise<void> {
  const { page } = browser;
  // No element is under the mouse, and every animation is over.
  await page.mouse.move(1, 1);
  await page.waitForTimeout(1_500);
  const top = await page.locator(from).first().boundingBox();
  const bottom = await page.locator(to).first().boundingBox();
  if (top === null || bottom === null) throw new Error(`The picture ${name} shows nothing.`);
  const height = bottom.y + bottom.height + 12 - top.y;
  await page.screenshot({ path: `${folder}${name}.png`, clip: { x: 0, y: top.y, width, height } });
}
