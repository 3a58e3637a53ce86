import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RouteAnswer, RoutedMessage } from '../../../src/odoo/reply-route.ts';
import { messageIdsIn, readReplyClues, routeQuestion } from '../../../src/rules/replies/reply-references.ts';
import type { ReplyClues } from '../../../src/rules/replies/reply-references.ts';
import { planReply } from '../../../src/rules/replies/reply-routing.ts';
import type { ReplyPlan } from '../../../src/rules/replies/reply-routing.ts';

const token = { model: 'sale.order', modelId: null, id: 23 };
const otherToken = { model: null, modelId: 412, id: 9 };
const order = { model: 'sale.order', id: 23 };
const lead = { model: 'crm.lead', id: 9 };
const question: RoutedMessage = message('<1@odoo>', order);
const note: RoutedMessage = message('<2@odoo>', order);

const clues = (changes: Partial<ReplyClues> = {}): ReplyClues => ({
  sender: 'ann@example.com',
  recipients: [],
  hiddenRecipients: [],
  tokens: [],
  inReplyTo: [],
  references: [],
  ...changes,
});

const known = (changes: Partial<RouteAnswer> = {}): RouteAnswer => ({
  recipients: [],
  messages: [],
  wire_ids: [],
  documents: [],
  internal_senders: [],
  ...changes,
});

const person = { judgement: { kind: 'genuine' }, showsAutomatic: false } as const;
const plan = (mail: Partial<ReplyClues>, odoo: Partial<RouteAnswer>) =>
  planReply(clues(mail), known(odoo), person);

function message(message_id: string, { model, id }: { model: string; id: number }): RoutedMessage {
  return { id: 1, message_id, model, res_id: id, is_there: true };
}

function there(document: { model: string; id: number }, newest_mailed: RoutedMessage | null = null) {
  return { ...document, is_there: true, newest_mailed, newest_note: null };
}

function alias(address: string, model: string, thread_id: number | null = null) {
  return { address, kind: 'alias', model, thread_id } as const;
}

const catchall = { address: 'catchall@example.org', kind: 'catchall', model: null, thread_id: null } as const;

describe('a mail with a reply token', () => {
  it('goes to that document, without any reference and with a changed subject', () => {
    expect(plan({ tokens: [token] }, { documents: [there(order)] })).toEqual({
      kind: 'post',
      postings: [{ document: order, inReplyTo: null, hide: [], deliveredTo: [] }],
      confidence: 'certain',
      reason: 'reply token',
      notes: [],
    });
  });

  it('goes to that document although References name another one, and the contradiction is noted', () => {
    const made = plan(
      { tokens: [token], references: ['<9@odoo>'] },
      { documents: [there(order, question)], messages: [message('<9@odoo>', lead)] },
    );
    expect(made).toMatchObject({
      postings: [{ document: order, inReplyTo: '<1@odoo>' }],
      notes: ['References names crm.lead,9; the token counts'],
    });
  });

  it('answers the message in In-Reply-To, found by its wire id', () => {
    const made = plan(
      { tokens: [token], inReplyTo: ['<wire@mail>'] },
      {
        documents: [there(order, question)],
        messages: [note],
        wire_ids: [{ wire_id: '<wire@mail>', message_id: '<2@odoo>' }],
      },
    );
    expect(made).toMatchObject({ postings: [{ document: order, inReplyTo: '<2@odoo>' }] });
  });

  it('goes to both documents of two tokens, once each, and refers only to a message of that document', () => {
    const made = plan(
      { tokens: [token, otherToken, { ...token }], inReplyTo: ['<1@odoo>'] },
      { documents: [there(order), there(lead), there(order)], messages: [question] },
    );
    expect(made).toMatchObject({
      postings: [
        { document: order, inReplyTo: '<1@odoo>' },
        { document: lead, inReplyTo: null },
      ],
    });
  });

  it('is parked when its document is deleted, with any other clues, and creates no record', () => {
    const gone = { ...order, is_there: false, newest_mailed: null, newest_note: null };
    const made = plan(
      { tokens: [token], inReplyTo: ['<9@odoo>'] },
      { documents: [gone], messages: [message('<9@odoo>', lead)], recipients: [alias('info@x', 'crm.lead')] },
    );
    expect(made).toMatchObject({
      kind: 'park',
      code: 'REPLY_DOCUMENT_GONE',
      reason: expect.any(String) as string,
    });
    const one = plan({ tokens: [token, otherToken] }, { documents: [gone, there(lead)] });
    expect(one).toMatchObject({
      postings: [{ document: lead }],
      notes: ['1 more token(s) name documents that are gone'],
    });
  });

  it('hides alias, catchall and bounce addresses from Odoo, which would route by them', () => {
    const recipients: RouteAnswer['recipients'] = [
      alias('info@example.org', 'crm.lead'),
      catchall,
      { ...catchall, address: 'b@x', kind: 'bounce' },
    ];
    expect(plan({ tokens: [token] }, { documents: [there(order)], recipients })).toMatchObject({
      postings: [{ document: order, hide: ['info@example.org', 'catchall@example.org', 'b@x'] }],
      notes: ['an alias is addressed too; the token counts'],
    });
  });
});

describe('a mail to an alias', () => {
  it('is routed by Odoo, without its references and the catchall address', () => {
    const made = plan(
      { inReplyTo: ['<1@odoo>'] },
      { recipients: [alias('info@example.org', 'crm.lead'), catchall], messages: [question] },
    );
    expect(made).toEqual({
      kind: 'post',
      postings: [{ document: null, inReplyTo: null, hide: ['catchall@example.org'], deliveredTo: [] }],
      confidence: 'certain',
      reason: 'alias',
      notes: ['In-Reply-To names sale.order,23; the alias counts'],
    });
  });

  it('joins the answered document when the alias is the address for answers to such documents', () => {
    const answer = { inReplyTo: ['<9@odoo>'] };
    const messages = [message('<9@odoo>', lead)];
    const team = { recipients: [alias('team@example.org', 'crm.lead')], messages };
    expect(plan(answer, team)).toMatchObject({ postings: [{ document: lead, inReplyTo: '<9@odoo>' }] });
    const elsewhere = { recipients: [alias('team@example.org', 'crm.lead', 10)], messages };
    expect(plan(answer, elsewhere)).toMatchObject({ postings: [{ document: null }] });
  });

  it('that is only in the envelope still reaches the alias', () => {
    const recipients = [alias('info@example.org', 'crm.lead')];
    expect(plan({ hiddenRecipients: ['info@example.org'] }, { recipients })).toMatchObject({
      postings: [{ document: null, deliveredTo: ['info@example.org'] }],
    });
  });
});

describe('a mail without token and alias', () => {
  it.each([
    ['In-Reply-To', { inReplyTo: ['<1@odoo>'] }, 'high'],
    ['References', { references: ['<unknown@x>', '<1@odoo>'] }, 'medium'],
    ['In-Reply-To on the wire', { inReplyTo: ['<w@mail>'] }, 'high'],
    ['References on the wire', { references: ['<w@mail>'] }, 'medium'],
  ])('is placed by %s', (by, mail, confidence) => {
    const wire_ids = [{ wire_id: '<w@mail>', message_id: '<1@odoo>' }];
    expect(plan(mail, { messages: [question], wire_ids })).toEqual({
      kind: 'post',
      postings: [{ document: order, inReplyTo: '<1@odoo>', hide: [], deliveredTo: [] }],
      confidence,
      reason: by,
      notes: [],
    });
  });

  it('follows the newest of its References', () => {
    const messages = [message('<9@odoo>', lead), question];
    expect(plan({ references: ['<9@odoo>', '<1@odoo>'] }, { messages })).toMatchObject({
      postings: [{ document: lead }],
    });
  });

  it('is parked when it has no place, and also when it is addressed to catchall alone: Odoo would refuse it', () => {
    for (const recipients of [[], [catchall]]) {
      expect(plan({ inReplyTo: ['<unknown@x>'] }, { recipients })).toMatchObject({
        kind: 'park',
        code: 'REPLY_UNPLACED',
        reason: expect.any(String) as string,
      });
    }
    expect(plan({ inReplyTo: ['<1@odoo>'] }, { messages: [{ ...question, is_there: false }] })).toMatchObject(
      {
        kind: 'park',
        code: 'REPLY_DOCUMENT_GONE',
        reason: expect.any(String) as string,
      },
    );
  });
});

describe('an employee', () => {
  const internal_senders = ['ann@example.com'];

  it('who answers an internal note is posted as an answer to that note, so that no customer gets it', () => {
    const made = plan(
      { tokens: [token], inReplyTo: ['<2@odoo>'] },
      { documents: [there(order, question)], messages: [note], internal_senders },
    );
    expect(made).toMatchObject({ postings: [{ inReplyTo: '<2@odoo>' }] });
  });

  it('has their mail parked when the answered message is unknown, but a customer does not', () => {
    const odoo = { documents: [there(order)], internal_senders };
    expect(plan({ tokens: [token] }, odoo)).toMatchObject({
      kind: 'park',
      code: 'REPLY_NOTE_UNCERTAIN',
      reason: expect.any(String) as string,
    });
    expect(plan({ tokens: [token], sender: 'bob@example.com' }, odoo)).toMatchObject({ kind: 'post' });
  });
});

describe('a mail that is judged', () => {
  const judged = (
    kind: 'loop' | 'automatic' | 'suspect',
    mail: Partial<ReplyClues>,
    showsAutomatic: boolean,
  ) =>
    planReply(
      clues(mail),
      known({
        documents: mail.tokens ? [there(order)] : [],
        recipients: mail.tokens ? [] : [alias('i@x', 'crm.lead')],
      }),
      { judgement: { kind, reason: 'so' }, showsAutomatic },
    );

  it('is ignored when it is a loop, and parked when it is suspect, with any clues', () => {
    expect(judged('loop', { tokens: [token] }, true)).toEqual({ kind: 'ignore', reason: 'loop: so' });
    expect(judged('suspect', { tokens: [token] }, true)).toMatchObject({ kind: 'park' });
  });

  it('is ignored when it is automatic, or shown in its thread if the server has that option, and never creates a record', () => {
    expect(judged('automatic', { tokens: [token] }, false)).toEqual({
      kind: 'ignore',
      reason: 'automatic: so',
    });
    expect(judged('automatic', { tokens: [token] }, true)).toMatchObject({ kind: 'post' });
    expect(judged('automatic', {}, true)).toMatchObject({ kind: 'ignore' });
  });
});

describe('the clues of a mail', () => {
  it('are addresses without reply addresses, ids from newest to oldest, and one question', () => {
    const read = readReplyClues({
      from: 'Ann@Example.com',
      to: ['REPLY+3233.00000000@reply.example.org', 'Info@Example.org'],
      cc: ['info@example.org', 'damaged'],
      logRecipients: ['info@example.org', 'Sales@example.org', 'reply%2B3233.00000000@reply.example.org'],
      headers: new Map([
        ['in-reply-to', ['\r\n <a@b>']],
        ['references', ['<old@b>\r\n <a@b>', '<new@b>']],
      ]),
      tokens: [token, otherToken],
    });
    expect(read).toMatchObject({
      sender: 'ann@example.com',
      recipients: ['info@example.org', 'sales@example.org'],
      hiddenRecipients: ['sales@example.org'],
      inReplyTo: ['<a@b>'],
      references: ['<new@b>', '<a@b>', '<old@b>'],
    });
    expect(routeQuestion(read)).toEqual({
      addresses: ['info@example.org', 'sales@example.org'],
      messageIds: ['<a@b>', '<new@b>', '<old@b>'],
      documents: [
        { model: 'sale.order', id: 23 },
        { model: 412, id: 9 },
      ],
      senders: ['ann@example.com'],
    });
  });

  it.each([
    [['<a@b>'], ['<a@b>']],
    [['a@b'], ['<a@b>']],
    [['<a@b><c@d>'], ['<a@b>', '<c@d>']],
    [['<a@\r\n b>'], ['<a@b>']],
    [['Your mail of Monday <a@b>'], ['<a@b>']],
    [[''], []],
  ])('in %j are the ids %j', (texts, ids) => expect(messageIdsIn(texts)).toEqual(ids));
});

it('every mail is posted, ignored or parked with a reason, and posted only to a document that exists', () => {
  const anyMessage = fc.record({
    message_id: fc.constantFrom('<1@odoo>', '<2@odoo>', '<3@odoo>'),
    model: fc.constantFrom('sale.order', 'crm.lead', null),
    res_id: fc.constantFrom(9, 23, null),
    is_there: fc.boolean(),
    id: fc.nat(),
  });
  const id = fc.constantFrom('<1@odoo>', '<2@odoo>', '<w@mail>');
  const cases = fc.record({
    tokens: fc.subarray([token, otherToken]),
    inReplyTo: fc.uniqueArray(id),
    references: fc.uniqueArray(id),
    messages: fc.array(anyMessage, { maxLength: 4 }),
    isThere: fc.tuple(fc.boolean(), fc.boolean()),
    newest: fc.option(anyMessage),
    hasAlias: fc.boolean(),
    isInternal: fc.boolean(),
    kind: fc.constantFrom('genuine', 'loop', 'automatic', 'suspect'),
    showsAutomatic: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, (one) => {
      const documents = one.tokens.map(({ id }) => ({
        ...(id === 23 ? order : lead),
        is_there: one.isThere[id === 23 ? 0 : 1],
        newest_mailed: one.newest,
        newest_note: null,
      }));
      const made: ReplyPlan = planReply(
        clues(one),
        known({
          messages: one.messages,
          wire_ids: [{ wire_id: '<w@mail>', message_id: '<1@odoo>' }],
          documents,
          recipients: one.hasAlias ? [alias('info@x', 'crm.lead')] : [],
          internal_senders: one.isInternal ? ['ann@example.com'] : [],
        }),
        { judgement: { kind: one.kind, reason: 'so' }, showsAutomatic: one.showsAutomatic },
      );
      if (made.kind !== 'post') {
        expect(made.reason).not.toBe('');
        return;
      }
      expect(made.postings.length).toBeGreaterThan(0);
      for (const { document, inReplyTo } of made.postings) {
        if (document === null) {
          expect(one.hasAlias && one.tokens.length === 0).toBe(true);
          continue;
        }
        const isTokenTarget = documents.some((each) => each.id === document.id && each.is_there);
        const isAnswered = one.messages.some(
          (each) => each.is_there && each.model === document.model && each.res_id === document.id,
        );
        expect(one.tokens.length > 0 ? isTokenTarget : isAnswered).toBe(true);
        expect(one.isInternal && inReplyTo === null).toBe(false);
      }
    }),
  );
});
