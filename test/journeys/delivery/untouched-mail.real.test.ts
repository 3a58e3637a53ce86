import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aliasDomain, openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';

/** Mails that the automation rule must leave as Odoo made them, wholly or in their Reply-To. */
let bridged: BridgedOdoo;

beforeAll(async () => {
  bridged = await openBridgedOdoo();
});
afterAll(async () => {
  await bridged.close();
});

const call: BridgedOdoo['call'] = (...words) => bridged.call(...words);
const catchall = `catchall@${aliasDomain}`;

async function createTemplate(values: Record<string, unknown>): Promise<number> {
  const [model] = await bridged.search('ir.model', [['model', '=', 'sale.order']], ['id']);
  const [id] = (await call('mail.template', 'create', [
    [{ name: 'Template', model_id: model?.id, subject: 'Hello', body_html: '<p>Hello</p>', ...values }],
  ])) as number[];
  return id ?? 0;
}

describe('a Reply-To that is not Odoo’s own', () => {
  it('stays when a template has an address of its own', async () => {
    const [partner] = await bridged.createPartners(['lea@example.com']);
    const order = await bridged.createOrder(partner ?? 0);
    const template = await createTemplate({ email_to: 'lea@example.com', reply_to: 'support@example.com' });
    await call('mail.template', 'send_mail', [[template], order.id], { force_send: true });
    const { headers } = await bridged.sweego.waitForMail((mail) => mail.recipient === 'lea@example.com');
    expect(headers['reply-to']).toBe('support@example.com');
    expect(headers['x-message-id']?.trim()).toBe(headers['message-id']);
  });

  it('stays when a user chose one for their message', async () => {
    const [partner] = await bridged.createPartners(['max@example.com']);
    const order = await bridged.createOrder(partner ?? 0);
    await bridged.post(order.id, [partner ?? 0], { reply_to: 'me@example.com' });
    const { headers } = await bridged.sweego.waitForMail((mail) => mail.recipient === 'max@example.com');
    expect(headers['reply-to']).toBe('me@example.com');
  });

  it('stays in the mails of a mailing list', async () => {
    const [partner] = await bridged.createPartners(['nia@example.com']);
    const order = await bridged.createOrder(partner ?? 0);
    const [id] = (await call('mail.mail', 'create', [
      [
        {
          subject: 'List',
          body_html: '<p>List</p>',
          email_to: 'nia@example.com',
          model: 'sale.order',
          res_id: order.id,
          headers: "{'List-Id': '<list.example.com>', 'List-Post': '<mailto:list@example.com>'}",
        },
      ],
    ])) as number[];
    await call('mail.mail', 'send', [[id]]);
    const { headers } = await bridged.sweego.waitForMail((mail) => mail.recipient === 'nia@example.com');
    expect(headers['reply-to'] ?? '').not.toContain('reply+');
    expect(headers['list-id']).toBe('<list.example.com>');
    expect(headers['x-message-id']).toBeDefined();
  });

  it('is not added to the invitation of a user', async () => {
    await call('res.users', 'create', [
      [{ name: 'Olga', login: 'olga@example.com', email: 'olga@example.com' }],
    ]);
    const { headers, subject } = await bridged.sweego.waitForMail(
      (mail) => mail.recipient === 'olga@example.com',
    );
    expect(subject).not.toBe('');
    expect(headers['reply-to'] ?? '').not.toContain('reply+');
  });
});

describe('the address of a reply', () => {
  it('is at the alias domain of the record’s company, not of the sender’s', async () => {
    const [domain] = (await call('mail.alias.domain', 'create', [
      [{ name: 'reply.example.org' }],
    ])) as number[];
    const [company] = (await call('res.company', 'create', [
      [{ name: 'Second company', alias_domain_id: domain, email: 'second@example.org' }],
    ])) as number[];
    const [partner] = await bridged.createPartners(['pia@example.com']);
    await call('res.partner', 'write', [[partner], { company_id: false }]);
    await call('res.users', 'write', [[2], { company_ids: [[4, company, 0]] }]);
    const [lead] = (await call('crm.lead', 'create', [
      [{ name: 'A lead', type: 'opportunity', company_id: company, user_id: false }],
    ])) as number[];
    await call('crm.lead', 'message_post', [[lead]], {
      body: 'Hello',
      message_type: 'comment',
      subtype_xmlid: 'mail.mt_comment',
      partner_ids: [partner],
    });
    const { headers } = await bridged.sweego.waitForMail((mail) => mail.recipient === 'pia@example.com');
    expect(headers['reply-to']).toMatch(/^"A lead" <reply\+[0-9a-f]+\.[0-9a-f]{8}@reply\.example\.org>$/);
  });

  it('is at the current company’s alias domain when the record has no company', async () => {
    const [one, other] = await bridged.createPartners(['quin@example.com', 'rob@example.com']);
    await call('res.partner', 'message_post', [[one]], {
      body: 'Hello',
      message_type: 'comment',
      subtype_xmlid: 'mail.mt_comment',
      partner_ids: [other],
    });
    const { headers } = await bridged.sweego.waitForMail((mail) => mail.recipient === 'rob@example.com');
    expect(headers['reply-to']).toMatch(/<reply\+[0-9a-f]+\.[0-9a-f]{8}@reply\.example\.com>$/);
  });

  it('never has a local part longer than 64 octets', async () => {
    const [partner] = await bridged.createPartners(['sue@example.com']);
    const token = await bridged.odoo.administrator.runPython(
      [
        "code = env.ref('sweego_bridge.action_mail_created').code",
        'part = code.partition(\'problem = safe(\')[0] + \'\\naction = reply_address_local_part("c2VjcmV0", "base_import.import", 1234567890)\'',
        "found = env['ir.actions.server'].create({'name': 'Part', 'model_id': env['ir.model']._get_id('res.partner'), 'state': 'code', 'code': part})",
        'action = found.run()',
        'found.unlink()',
      ].join('\n'),
    );
    expect(partner).toBeGreaterThan(0);
    expect(token).toMatch(/^reply\+[0-9a-f]+\.[0-9a-f]{8}$/);
    expect(String(token).length).toBeLessThanOrEqual(64);
    const payload = Buffer.from(String(token).slice(6, -9), 'hex').toString();
    expect(payload).toMatch(/^1234567890-#\d+$/);
  });
});

describe('a mail that leaves through another server', () => {
  it('is exactly what Odoo made, and is deleted after sending', async () => {
    const [other] = (await call('ir.mail_server', 'create', [
      [
        {
          name: 'Other',
          smtp_host: '127.0.0.1',
          smtp_port: bridged.sink.port,
          smtp_encryption: 'none',
          sequence: 5,
          from_filter: 'other.example.com',
        },
      ],
    ])) as number[];
    const [chosen, filtered] = await bridged.createPartners(['tom@example.com', 'uma@example.com']);
    const order = await bridged.createOrder(chosen ?? 0);
    const ids = [
      await bridged.post(order.id, [chosen ?? 0], { mail_server_id: other }),
      await bridged.post(order.id, [filtered ?? 0], { email_from: 'Sales <sales@other.example.com>' }),
    ];
    for (const address of ['tom@example.com', 'uma@example.com']) {
      const { headers } = await bridged.sweego.waitForMail((mail) => mail.recipient === address);
      expect(headers['x-message-id']).toBeUndefined();
      expect(headers['reply-to']).toContain(catchall);
    }
    expect(await bridged.search('mail.mail', [['mail_message_id', 'in', ids]], ['state'])).toEqual([]);
    await call('ir.mail_server', 'write', [[other], { active: false }]);
  });

  it('is exactly what Odoo made when the Sweego server has no secret', async () => {
    await call('ir.mail_server', 'write', [[bridged.serverId], { x_sweego_outbound_webhook_secret: false }]);
    const [partner] = await bridged.createPartners(['vic@example.com']);
    const order = await bridged.createOrder(partner ?? 0);
    await bridged.post(order.id, [partner ?? 0]);
    const { headers } = await bridged.sweego.waitForMail((mail) => mail.recipient === 'vic@example.com');
    expect(headers['x-message-id']).toBeUndefined();
    expect(headers['reply-to']).toContain(catchall);
    await call('ir.mail_server', 'write', [
      [bridged.serverId],
      { x_sweego_outbound_webhook_secret: Buffer.from('outbound'.repeat(6)).toString('base64') },
    ]);
  });
});

describe('without an alias domain', () => {
  it('Reply-To stays Odoo’s, and the administrator is warned once a day', async () => {
    await call('res.company', 'write', [[1], { alias_domain_id: false }]);
    for (const address of ['walt@example.com', 'xena@example.com']) {
      const [partner] = await bridged.createPartners([address]);
      const order = await bridged.createOrder(partner ?? 0);
      await bridged.post(order.id, [partner ?? 0]);
      const { headers } = await bridged.sweego.waitForMail((mail) => mail.recipient === address);
      expect(headers['reply-to'] ?? '').not.toContain('reply+');
      expect(headers['x-message-id']).toBeDefined();
    }
    const warnings = await bridged.search(
      'ir.logging',
      [['message', 'like', 'no alias domain configured']],
      ['level'],
    );
    expect(warnings).toMatchObject([{ level: 'warning' }]);
    const [domain] = await bridged.search('mail.alias.domain', [['name', '=', aliasDomain]], ['id']);
    await call('res.company', 'write', [[1], { alias_domain_id: domain?.id }]);
  });
});

describe('an error inside the automation rule', () => {
  it.each([
    ['in Python', "raise UserError('forced')"],
    ['in SQL', "env.cr.execute('SELECT 1 / 0')"],
  ])('%s never stops a user’s mail, and is logged', async (where, statement) => {
    const [action] = await bridged.search(
      'ir.actions.server',
      [['name', '=', 'Sweego bridge: sign new mails']],
      ['code'],
    );
    const code = String(action?.['code']);
    const broken = code.replace('    mail.write(values)\n', `    mail.write(values)\n    ${statement}\n`);
    expect(broken).not.toBe(code);
    await call('ir.actions.server', 'write', [[action?.id], { code: broken }]);
    const address = `${where.replace(/\W/g, '').toLowerCase()}@example.com`;
    const [partner] = await bridged.createPartners([address]);
    const order = await bridged.createOrder(partner ?? 0);
    await bridged.post(order.id, [partner ?? 0]);
    await call('ir.actions.server', 'write', [[action?.id], { code }]);
    const { headers } = await bridged.sweego.waitForMail((mail) => mail.recipient === address);
    expect(headers['x-message-id']).toBeUndefined();
    expect(headers['reply-to']).toContain(catchall);
    const logged = await bridged.search(
      'ir.logging',
      [['message', 'like', 'left unsigned']],
      ['message', 'level'],
    );
    expect(logged.at(-1)).toMatchObject({ level: 'error' });
  });
});
