import { expect, it } from 'vitest';
import { readEventMeaning } from '../../src/rules/delivery/event-meaning.ts';
import { findRowMessageId, parseLogRow, readLogRow } from '../../src/sweego/log-row.ts';
import { expectRefusal } from '../support/expect-refusal.ts';

const row = {
  swg_uid: '01-68d20f85',
  status: 'delivered',
  email_creation: '2026-11-24 08:00:00',
  email_last_update: '2026-11-24T08:00:07.123456+01:00',
  transaction_id: '861aad97',
  email_to: '"Ann Example" <Ann@Example.com>',
  domain_from: 'mail.example.org',
  headers: { 'X-Message-Id': '<1.2-openerp-7-sale.order@odoo.example.org>' },
};
const eventsOf = (changes: Readonly<Record<string, unknown>>) =>
  readLogRow({ ...row, ...changes })?.readEvents() ?? [];
const typesOf = (changes: Readonly<Record<string, unknown>>) => eventsOf(changes).map(({ type }) => type);
const failureOf = (changes: Readonly<Record<string, unknown>>) => {
  const event = eventsOf({ status: 'undelivered', ...changes }).at(-1);
  const meaning = event === undefined ? undefined : readEventMeaning(event);
  if (meaning?.kind !== 'message') return undefined;
  return `${meaning.event.permanence} ${meaning.event.failure_type}`;
};

it('gives the events that webhooks would have reported: submission and outcome, each with its time', () => {
  const [sent, delivered] = eventsOf({});
  expect(sent).toMatchObject({
    type: 'email_sent',
    timestamp: new Date('2026-11-24T08:00:00Z'),
    swgUid: '01-68d20f85',
    transactionId: '861aad97',
    recipient: 'Ann@Example.com',
    messageIdHeader: '<1.2-openerp-7-sale.order@odoo.example.org>',
    channel: 'email',
  });
  expect(delivered).toMatchObject({ type: 'delivered', timestamp: new Date('2026-11-24T07:00:07.123Z') });
});

it.each([
  ['queued', ['email_sent']],
  ['Delivered', ['email_sent', 'delivered']],
  ['opened-proxy', ['email_sent', 'email_opened']],
  ['opened-human', ['email_sent', 'email_opened']],
  ['clicked-proxy', ['email_sent', 'email_clicked']],
  ['clicked-human', ['email_sent', 'email_clicked']],
  ['clicked-unsub', ['email_sent', 'clicked_unsub']],
  ['something new', ['email_sent']],
])('reads the state %s', (status, types) => {
  expect(typesOf({ status })).toEqual(types);
});

// Functional document, section 5.4. The codes are from section 2.4 of the fact sheet.
it.each([
  [{ bounce_type: 'hard' }, 'hard mail_email_invalid'],
  [{ bounce_type: 'soft' }, 'soft mail_smtp'],
  [{ bounce_type: null }, 'soft unknown'],
  [{ bounce_type: null, deferred: 'connection timed out' }, 'soft unknown'],
  [{ bounce_type: null, email_state: '550 5.1.1' }, 'hard mail_email_invalid'],
  [{ bounce_type: 'hard', email_state: '451 4.7.652' }, 'soft mail_smtp'],
  [{ bounce_type: 'hard', email_state: '-1' }, 'hard mail_bl'],
  [{ email_state: '-1', rejected: 'recipient is on the suppression list' }, 'hard mail_bl'],
  [{ email_state: -1, bounced: '550 5.1.1 user unknown' }, 'hard mail_bl'],
  [{ email_state: '550', bounced: '550 5.1.1 user unknown' }, 'hard mail_email_invalid'],
  [{ email_state: '550', bounced: '550 5.7.1 refused by policy' }, 'hard mail_smtp'],
  [{ headers: { ...row.headers, 'x-emails-blacklisted': ['ann@example.com'] } }, 'hard mail_bl'],
  [{ headers: { ...row.headers, 'x-emails-blacklisted': ['bob@example.com'] } }, 'soft unknown'],
])('classifies undelivered %j', (changes, failure) => {
  expect(failureOf(changes)).toBe(failure);
});

it('gives an event the same id while its content is the same, and another id for other content', () => {
  const idOf = (changes: object) => eventsOf({ status: 'undelivered', ...changes }).at(-1)?.eventId;
  const before = { bounce_type: 'hard', email_state: '451', bounced: '451 4.7.652 later' };
  expect(idOf({ ...before, subject: 'changed' })).toBe(idOf(before));
  const others = [
    { bounced: '550 5.1.1 no' },
    { email_state: '550' },
    { email_last_update: '2026-11-24 09:00:00' },
  ];
  expect(new Set([before, ...others.map((each) => ({ ...before, ...each }))].map(idOf)).size).toBe(4);
});

it.each([
  ['Ann <ann@example.com>, Bob <bob@example.com>'],
  [['ann@example.com', { email: 'bob@example.com', name: 'Bob' }]],
])('is assigned to nobody when it names several recipients: %j', (addresses) => {
  const meanings = eventsOf({ email_to: addresses }).map(readEventMeaning);
  expect(meanings).toMatchObject([{ kind: 'unmatchable' }, { kind: 'unmatchable' }]);
});

it('reads one recipient who is named twice', () => {
  const twice = [{ email: 'Ann@example.com', name: 'Ann' }, 'ann@example.com'];
  expect(eventsOf({ email_to: twice })).toMatchObject([
    { recipient: 'Ann@example.com' },
    { recipient: 'Ann@example.com' },
  ]);
});

it.each([undefined, null, [], 'text', {}, { swg_uid: '1' }, { status: 'delivered' }])(
  'finds no submission in %j',
  async (value) => {
    expect(readLogRow(value)).toBeUndefined();
    const parsing = async () => parseLogRow(Buffer.from(JSON.stringify(value ?? null)));
    await expectRefusal(parsing(), {
      code: 'SWEEGO_EVENT_UNREADABLE',
      retry: 'never',
      scope: 'entry',
      says: /inbox show/,
    });
  },
);

it.each([undefined, null, '', 'yesterday', 1_764_000_000])(
  'is not used without the time of its submission (%j), because an old row could look like the newest',
  (written) => {
    expect(readLogRow({ ...row, email_creation: written })).toBeUndefined();
    expect(findRowMessageId({ ...row, email_creation: written })).toBe(row.headers['X-Message-Id']);
  },
);

it('uses the time of the submission when the time of the latest state cannot be read', () => {
  const sentAt = new Date('2026-11-24T08:00:00Z');
  expect(eventsOf({ email_last_update: 'yesterday' })).toMatchObject([
    { type: 'email_sent', timestamp: sentAt },
    { type: 'delivered', timestamp: sentAt },
  ]);
});

it.each([undefined, [], 'text', {}, { headers: 'x' }])('finds no Message-Id in %j', (value) => {
  expect(findRowMessageId(value)).toBeUndefined();
});
