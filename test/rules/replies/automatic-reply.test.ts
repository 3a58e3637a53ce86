import { describe, expect, it } from 'vitest';
import { judgeMail } from '../../../src/rules/replies/automatic-reply.ts';
import type { MailToJudge } from '../../../src/rules/replies/automatic-reply.ts';

const person: MailToJudge = {
  headers: new Map([['x-mailer', ['Thunderbird']]]),
  from: 'ann@example.com',
  subject: 'Re: Order',
  isLogAsked: false,
  hasAlias: false,
  hasToken: false,
  isOwnMessage: false,
  clientUuid: '0c8cc711-c85e-45b7-918e-68e49b64944f',
};

/** Judges a mail of a person in which these headers replace the headers of the person's program. */
function judge(headers: Readonly<Record<string, string | string[]>>, changes: Partial<MailToJudge> = {}) {
  const map = new Map(Object.entries(headers).map(([name, value]) => [name, [value].flat()]));
  return judgeMail({ ...person, headers: map, ...changes });
}

const sweegoMarks = { 'x-mailer': 'Sweego', 'x-zone-loop': '9ec0' };

describe('a loop', () => {
  it.each([
    [{ 'x-mailer': 'Sweego' }],
    [{ 'x-mailer': ['sweego '] }],
    [{ 'x-zone-loop': '9ec0' }],
    [{ ...sweegoMarks, 'x-client-id': '0c8cc711c85e45b7918e68e49b64944f' }],
  ])('is a mail with %j and no explicit destination', (headers) => {
    expect(judge(headers)).toMatchObject({ kind: 'loop' });
  });

  it('is not a mail to a token or an alias, so invoices of a sister company arrive', () => {
    expect(judge(sweegoMarks, { hasAlias: true }).kind).toBe('genuine');
    expect(judge(sweegoMarks, { hasToken: true }).kind).toBe('genuine');
    expect(
      judge({ ...sweegoMarks, 'x-odoo-message-id': '<1@a>' }, { hasAlias: true, isOwnMessage: true }).kind,
    ).toBe('genuine');
  });

  it('is not a mail from another account of Sweego', () => {
    const other = { ...sweegoMarks, 'x-client-id': '11111111c85e45b7918e68e49b64944f' };
    expect(judge(other).kind).toBe('genuine');
    expect(judge(other, { clientUuid: null }).kind).toBe('loop');
  });

  it('is a mail of this Odoo that comes back without an explicit destination', () => {
    const headers = { 'x-odoo-message-id': '<1@odoo>', 'x-mailer': 'Exim' };
    expect(judge(headers, { isOwnMessage: true })).toEqual({
      kind: 'loop',
      reason: 'it is a mail of this Odoo that came back',
    });
    expect(judge(headers).kind).toBe('genuine');
  });

  it('is an answer to a refusal of Odoo, or a delivery report, even with a token: Odoo would drop both', () => {
    const refusal = { references: '<1@a> <1.2-loop-detection-bounce-email@odoo>', 'x-mailer': 'x' };
    expect(judge(refusal, { hasToken: true }).kind).toBe('loop');
    expect(judge({ 'x-mailer': 'x' }, { from: 'MAILER-DAEMON@example.com', hasToken: true }).kind).toBe(
      'loop',
    );
  });
});

describe('a machine’s answer', () => {
  it.each([
    [{ 'auto-submitted': 'auto-replied' }],
    [{ 'auto-submitted': 'Auto-Replied (vacation)' }],
    [{ 'auto-submitted': ['auto-replied; owner-email="a@b.c"'] }],
    [{ 'x-autoreply': 'yes' }],
    [{ 'x-autorespond': '' }, 'genuine'],
    [{ 'x-autoreply': 'no' }, 'genuine'],
    [{ precedence: 'auto_reply' }],
    [{ 'return-path': '<>' }],
    [{ 'auto-submitted': 'auto-generated' }],
    [{ 'auto-submitted': 'auto-notified' }],
    [{ 'auto-submitted': 'no' }, 'genuine'],
    [{ precedence: 'bulk' }],
    [{ precedence: 'list' }, 'genuine'],
    [{ 'x-auto-response-suppress': 'All' }],
    [{ 'x-auto-response-suppress': 'DR, OOF, AutoReply' }],
    [{ 'x-auto-response-suppress': 'DR, RN, NRN' }, 'genuine'],
    [{ 'return-path': '<ann@example.com>' }, 'genuine'],
  ])('is recognised with a token: %j', (headers, kind = 'automatic') => {
    expect(judge(headers as Record<string, string>, { hasToken: true }).kind).toBe(kind);
  });

  it('is recognised at an alias too, but a mail that a machine sends there on its own is genuine', () => {
    expect(judge({ 'auto-submitted': 'auto-replied' }, { hasAlias: true }).kind).toBe('automatic');
    for (const headers of [
      { 'auto-submitted': 'auto-generated' },
      { precedence: 'bulk' },
      { 'x-auto-response-suppress': 'OOF' },
    ]) {
      expect(judge(headers as unknown as Record<string, string>, { hasAlias: true }).kind).toBe('genuine');
    }
  });
});

describe('a mail whose headers are unknown', () => {
  it.each([[{}], [{ 'in-reply-to': '<1@a>' }], [{ references: '<1@a>', 'message-id': '<2@a>' }]])(
    'with only %j is unknown until Sweego’s log was asked',
    (headers) => {
      expect(judge(headers, { subject: 'Out of office' }).kind).toBe('unknown');
      expect(judge(headers, { subject: 'Thanks', hasToken: true }).kind).toBe('unknown');
      expect(judge(headers, { subject: 'Thanks', isLogAsked: true }).kind).toBe('genuine');
    },
  );

  it.each([
    'Absence du bureau',
    'Absence du bureau : Re: Commande',
    'Réponse automatique : Commande',
    'REPONSE AUTOMATIQUE',
    'Message d’absence - Commande',
    'Absent du bureau!',
    'En congés',
    'Out of office',
    'Out of the Office: Re: Order',
    'Out of Office Re: Order',
    'Automatic reply: Order',
    'Auto-Reply: Order',
    'Autoreply',
    '[Auto-Reply] Order',
    'Vacation reply',
  ])('and whose subject is %j is left to a person, never dropped', (subject) => {
    expect(judge({}, { subject, isLogAsked: true })).toMatchObject({ kind: 'suspect' });
  });

  it.each([
    'Re: Absence du bureau',
    'Absence du bureau de poste dans mon quartier',
    'Out of office supplies',
    'Congés payés : question',
    'Automatic replying machines',
    'Order S00023',
    '',
  ])('and whose subject is %j is genuine', (subject) => {
    expect(judge({}, { subject, isLogAsked: true }).kind).toBe('genuine');
  });

  it('is judged by its headers alone once they are known, with any subject', () => {
    expect(judge({ 'x-mailer': 'Thunderbird' }, { subject: 'Out of office', isLogAsked: true }).kind).toBe(
      'genuine',
    );
  });
});
