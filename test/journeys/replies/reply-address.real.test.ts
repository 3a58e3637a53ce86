import { createHmac } from 'node:crypto';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSmtpSink } from '../../../demo/smtp-sink.ts';
import type { SinkMail, SmtpSink } from '../../../demo/smtp-sink.ts';
import { findReplyTokens } from '../../../src/rules/replies/reply-token.ts';
import { openRealDatabase } from '../../support/odoo/real-odoo.ts';
import type { ProvisionedDatabase } from '../../support/odoo/real-odoo.ts';

/** The Reply-To that a recipient sees, for two companies with a domain and a Sweego server each. */
const secretOf = (name: string) => Buffer.from(name.repeat(8)).toString('base64');
const first = { domain: 'reply.example.com', from: 'sales@example.com', secret: secretOf('first!') };
const second = { domain: 'reply.example.org', from: 'sales@example.org', secret: secretOf('second') };

let odoo: ProvisionedDatabase;
let sink: SmtpSink;
let otherCompany: number;
let recipients = 0;

const call: ProvisionedDatabase['administrator']['call'] = (...words) => odoo.administrator.call(...words);

async function create(model: string, values: Record<string, unknown>): Promise<number> {
  const [id] = (await call(model, 'create', [[values]])) as [number];
  return id;
}

beforeAll(async () => {
  sink = await startSmtpSink();
  odoo = await openRealDatabase();
  for (const { from, secret } of [first, second]) {
    await create('ir.mail_server', {
      name: 'Sweego',
      smtp_host: '127.0.0.1',
      smtp_port: sink.port,
      from_filter: from.split('@')[1],
      x_sweego_enabled: true,
      x_sweego_outbound_webhook_secret: secret,
    });
  }
  await create('mail.alias.domain', { name: first.domain });
  otherCompany = await create('res.company', {
    name: 'Second company',
    alias_domain_id: await create('mail.alias.domain', { name: second.domain }),
  });
  await call('res.users', 'write', [[2], { company_ids: [[4, otherCompany, 0]] }]);
});
afterAll(async () => {
  await odoo.close();
  await sink.close();
});

/** Posts to a new contact and returns the mail that they got. */
async function mailAbout(
  model: string,
  id: number,
  from = first.from,
  values: Readonly<Record<string, unknown>> = {},
): Promise<SinkMail> {
  recipients += 1;
  const email = `reader-${recipients}@customer.example.com`;
  const partner = await create('res.partner', { name: 'Reader', email });
  await call(model, 'message_post', [[id]], {
    body: 'Hello',
    message_type: 'comment',
    subtype_xmlid: 'mail.mt_comment',
    partner_ids: [partner],
    email_from: `Sales <${from}>`,
    ...values,
  });
  return sink.waitFor((mail) => mail.recipient === email, 30_000);
}

/** The Reply-To as a mail client reads it. */
async function replyTo(mail: SinkMail): Promise<{ name: string; localPart: string; domain: string }> {
  const { replyTo: header } = await simpleParser(mail.raw);
  const [address, ...others] = header?.value ?? [];
  expect(others).toEqual([]);
  const [localPart = '', domain = ''] = (address?.address ?? '').split('@');
  return { name: address?.name ?? '', localPart, domain };
}

/** Signs as installations before this program do: the text of the secret is the key. */
function signed(payload: string, secret: string): string {
  const signature = createHmac('sha256', secret).update(payload).digest('hex').slice(0, 8);
  return `reply+${Buffer.from(payload).toString('hex')}.${signature}`;
}

describe('the Reply-To of a mail', () => {
  it('is signed with the secret of the server that sends it, at the domain of the document’s company', async () => {
    const lead = (company: number) =>
      create('crm.lead', { name: 'Lead', type: 'opportunity', company_id: company, user_id: false });
    const [own, other] = [await lead(1), await lead(otherCompany)];
    for (const [id, domain, { from, secret }] of [
      [own, first.domain, first],
      [other, second.domain, second],
      [own, first.domain, second],
      [other, second.domain, first],
    ] as const) {
      const { localPart, domain: seen } = await replyTo(await mailAbout('crm.lead', id, from));
      expect([localPart, seen]).toEqual([signed(`${id}-crm.lead`, secret), domain]);
      const strangerSecret = secret === first.secret ? second.secret : first.secret;
      expect(findReplyTokens([localPart], [Buffer.from(secret)]).targets[0]).toMatchObject({
        model: 'crm.lead',
        id,
      });
      expect(findReplyTokens([localPart], [Buffer.from(strangerSecret)]).targets[0]).toBeUndefined();
    }
  });

  it('falls back on the current company’s domain when the document’s company has none', async () => {
    const company = await create('res.company', { name: 'Third company', alias_domain_id: false });
    await call('res.company', 'write', [[company], { alias_domain_id: false }]);
    await call('res.users', 'write', [[2], { company_ids: [[4, company, 0]] }]);
    const id = await create('crm.lead', {
      name: 'Lead',
      type: 'opportunity',
      company_id: company,
      user_id: false,
    });
    expect((await replyTo(await mailAbout('crm.lead', id))).domain).toBe(first.domain);
  });

  it.each([
    ['Chairs, tables & "more"', 'Chairs, tables & more'],
    ['Back\\slash <ann@example.com>', 'Backslash <ann@example.com>'],
    ['Où est le café ? 🪑', 'Où est le café ? 🪑'],
    ['Line\r\nBcc: eve@example.com', 'Line Bcc: eve@example.com'],
    ['Very long '.repeat(40).trim(), 'Very long '.repeat(40).trim()],
  ])('shows the document’s name %j and stays one address in ASCII', async (name, shown) => {
    const id = await create('crm.lead', { name, type: 'opportunity', company_id: 1, user_id: false });
    const mail = await mailAbout('crm.lead', id);
    expect([...(mail.raw.split('\r\n\r\n')[0] ?? '')].filter((sign) => sign > '~')).toEqual([]);
    expect(mail.headers['bcc']).toBeUndefined();
    const { name: seen, localPart } = await replyTo(mail);
    expect(seen).toBe(shown);
    expect(localPart).toBe(signed(`${id}-crm.lead`, first.secret));
  });

  it('is the short form when the long one would exceed 64 octets', async () => {
    await odoo.administrator.runPython(
      "env.user.sudo().write({'group_ids': [Command.link(env.ref('analytic.group_analytic_accounting').id)]})",
    );
    const [plan] = (await call('account.analytic.plan', 'search', [[]], { limit: 1 })) as [number];
    const id = await create('account.analytic.account', { name: 'Analytic', plan_id: plan });
    const { localPart } = await replyTo(await mailAbout('account.analytic.account', id));
    const [model] = (await call('ir.model', 'search', [[['model', '=', 'account.analytic.account']]])) as [
      number,
    ];
    expect(localPart).toBe(signed(`${id}-#${model}`, first.secret));
    expect(localPart.length).toBeLessThanOrEqual(64);
    expect(findReplyTokens([localPart], [Buffer.from(first.secret)]).targets[0]).toEqual({
      id,
      model: null,
      modelId: model,
    });
  });

  it('stays the one that the mail itself requests', async () => {
    const id = await create('crm.lead', { name: 'Lead', type: 'opportunity', user_id: false });
    const mail = await mailAbout('crm.lead', id, first.from, { reply_to: 'support@example.com' });
    expect(mail.headers['reply-to']).toBe('support@example.com');
  });
});
