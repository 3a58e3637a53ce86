import { describe, expect, it } from 'vitest';
import type { HistoryEvent, MessageState } from '../../../src/odoo/message-state.ts';
import { decideMessage, recordOnly } from '../../../src/rules/delivery/message-outcome.ts';
import {
  historyEvent,
  mailState,
  messageState,
  notificationState,
  odooFacts,
} from '../../support/odoo/message-states.ts';

const jane = 'jane@example.com';
const joe = 'joe@example.com';
const bounce = (recipient: string, changes: Partial<HistoryEvent> = {}) =>
  historyEvent('hard_bounce', recipient, changes);
const delivered = (recipient: string, changes: Partial<HistoryEvent> = {}) =>
  historyEvent('delivered', recipient, changes);
const decide = (message: MessageState, ...events: HistoryEvent[]) =>
  decideMessage(message, events, odooFacts);

describe('a webhook that only repeats Sweego’s log', () => {
  const ofLog = (event: HistoryEvent): HistoryEvent => ({ ...event, event_id: 'log:1', wire_id: null });

  it('replaces the event of the log, and undoes nothing that a person did in the meantime', () => {
    const webhook = delivered(jane);
    const marked = messageState({
      mails: [mailState({ state: 'exception' })],
      notifications: [notificationState(21, jane, { status: 'exception', sweego_status: 'delivered' })],
      events: [ofLog(webhook)],
    });
    const { change, verdicts } = decide(marked, webhook);
    expect(verdicts).toEqual(['apply']);
    expect(change?.event_replaces).toEqual(['log:1']);
    expect(change?.notification_writes[0]?.values).not.toHaveProperty('notification_status');
    expect([change?.mail_writes, change?.mail_unlinks]).toEqual([[], []]);
  });

  it('shows its SMTP line when the log had none', () => {
    const webhook = bounce(jane, { smtp_line: '550 5.1.1 user unknown' });
    const red = messageState({
      mails: [mailState({ state: 'exception' })],
      notifications: [notificationState(21, jane, { status: 'exception', sweego_status: 'hard_bounce' })],
      events: [ofLog({ ...webhook, smtp_line: null })],
    });
    expect(decide(red, webhook).change?.notification_writes[0]?.values.failure_reason).toContain('550 5.1.1');
  });
});

describe('a message with two recipients', () => {
  it('turns only the envelope of the bounced recipient red, and deletes nothing', () => {
    const { change } = decide(messageState(), bounce(jane));
    expect(change?.notification_writes).toMatchObject([
      { id: 21, values: { notification_status: 'exception', failure_type: 'mail_email_invalid' } },
    ]);
    expect(change?.mail_writes).toMatchObject([
      { id: 10, values: { state: 'exception', failure_type: 'mail_email_invalid' } },
    ]);
    expect(change?.mail_unlinks).toEqual([]);
    expect(change?.refresh).toBe(true);
  });

  it('keeps the mail until both are delivered', () => {
    expect(decide(messageState(), delivered(jane)).change?.mail_unlinks).toEqual([]);
    expect(decide(messageState(), delivered(jane), delivered(joe)).change?.mail_unlinks).toEqual([10]);
    const later = messageState({ events: [delivered(jane)] });
    expect(decide(later, delivered(joe)).change?.mail_unlinks).toEqual([10]);
  });

  it('counts an opened or clicked mail as delivered', () => {
    const events = [historyEvent('email_opened', jane), historyEvent('email_clicked', joe)];
    expect(decide(messageState(), ...events).change?.mail_unlinks).toEqual([10]);
  });

  it('keeps a delivered mail whose template did not request deletion, and marks it confirmed', () => {
    const kept = messageState({ mails: [mailState({ auto_delete_requested: false })] });
    const { change } = decide(kept, delivered(jane), delivered(joe));
    expect(change?.mail_unlinks).toEqual([]);
    expect(change?.mail_writes).toEqual([{ id: 10, values: { x_sweego_confirmed: true } }]);
  });

  it('never deletes a mail when one of its recipients failed', () => {
    for (const events of [
      [bounce(jane), delivered(joe)],
      [delivered(joe), bounce(jane)],
    ]) {
      const { change } = decide(messageState(), ...events);
      expect(change?.mail_unlinks).toEqual([]);
      expect(change?.mail_writes[0]?.values.state).toBe('exception');
    }
  });

  it('names every failed recipient in the reason of the mail, each with their own reason', () => {
    const known = messageState({ events: [bounce(jane)], mails: [mailState({ state: 'exception' })] });
    const { change } = decide(known, historyEvent('soft_bounce', joe));
    const reason = String(change?.mail_writes[0]?.values.failure_reason);
    expect(reason).toMatch(/^jane@example\.com: The address does not exist/);
    expect(reason).toMatch(/^joe@example\.com: .* refused the mail for now/m);
    expect(change?.mail_writes[0]?.values.failure_type).toBe('mail_email_invalid');
  });

  it('writes in French for a French company', () => {
    const { change } = decideMessage(messageState(), [bounce(jane)], { ...odooFacts, language: 'fr' });
    expect(String(change?.notification_writes[0]?.values.failure_reason)).toMatch(/^L’adresse n’existe pas/);
  });

  it('records an unsubscription or complaint, and changes neither mail nor envelope', () => {
    for (const type of ['list_unsub', 'complaint']) {
      const { change } = decide(messageState({ events: [delivered(jane)] }), historyEvent(type, jane));
      expect(change?.event_creates).toMatchObject([{ x_type: type, x_recipient: jane }]);
      expect(change?.mail_writes).toEqual([]);
      expect(change?.refresh).toBe(false);
    }
  });

  it('writes nothing for an event that is already in the history', () => {
    const known = messageState({ events: [delivered(jane)] });
    expect(decide(known, delivered(jane))).toEqual({ change: undefined, verdicts: ['superseded'] });
  });

  it('writes only failure types that this database has, and keeps the reason', () => {
    const suppressed = bounce(jane, { failure_type: 'mail_bl', reason: 'recipient_suppressed' });
    const { change } = decide(messageState(), suppressed);
    expect(change?.notification_writes[0]?.values.failure_type).toBe('mail_bl');
    expect(change?.mail_writes[0]?.values.failure_type).toBe('unknown');
    expect(String(change?.mail_writes[0]?.values.failure_reason)).toContain('Sweego does not send');
  });
});

describe('a failure that is over', () => {
  const red = messageState({
    mails: [mailState({ state: 'exception', recipients: [{ partner_id: 1, address: jane }] })],
    notifications: [
      notificationState(21, jane, {
        status: 'exception',
        failure_type: 'mail_smtp',
        sweego_status: 'soft_bounce',
        sweego_uid: `01-${jane}`,
      }),
    ],
    events: [historyEvent('soft_bounce', jane)],
  });

  it('clears the envelope and the mail once the mail is delivered', () => {
    const { change } = decide(red, delivered(jane));
    expect(change?.notification_writes[0]?.values).toMatchObject({
      notification_status: 'sent',
      failure_type: false,
      failure_reason: false,
    });
    expect(change?.mail_unlinks).toEqual([10]);
    expect(change?.refresh).toBe(true);
  });

  it('is over when a newer submission has begun', () => {
    const retry = historyEvent('email_sent', jane, {
      swg_uid: '01-retry',
      at: new Date('2026-11-01T12:00:00Z'),
    });
    const { change } = decide(red, retry);
    expect(change?.notification_writes[0]?.values.notification_status).toBe('sent');
    expect(change?.mail_writes[0]?.values).toMatchObject({ state: 'sent', failure_type: false });
  });

  it('turns red again when a hard bounce follows the delivery', () => {
    const green = messageState({ events: [delivered(jane)], mails: [] });
    const late = bounce(jane, { at: new Date('2026-11-01T11:00:00Z') });
    expect(decide(green, late).change?.notification_writes[0]?.values.notification_status).toBe('exception');
  });

  it('does not change a mail that Odoo itself failed to send', () => {
    const own = messageState({ mails: [mailState({ state: 'exception' })] });
    expect(decide(own, delivered(jane)).change?.mail_writes).toEqual([]);
  });
});

describe('a change by a user', () => {
  it('is kept when they dismissed the failure, for the same submission', () => {
    const dismissed = messageState({
      notifications: [
        notificationState(21, jane, {
          status: 'canceled',
          sweego_status: 'soft_bounce',
          sweego_uid: `01-${jane}`,
        }),
        notificationState(22, joe),
      ],
      events: [historyEvent('soft_bounce', jane)],
    });
    const again = bounce(jane, { at: new Date('2026-11-01T11:00:00Z') });
    expect(
      decide(dismissed, again).change?.notification_writes[0]?.values.notification_status,
    ).toBeUndefined();
    const retry = bounce(jane, { swg_uid: '01-retry', at: new Date('2026-11-01T12:00:00Z') });
    expect(decide(dismissed, retry).change?.notification_writes[0]?.values.notification_status).toBe(
      'exception',
    );
  });

  it('is kept when they pressed Retry: events of the old submission are only recorded', () => {
    const retried = messageState({
      mails: [mailState({ recipients: [{ partner_id: 1, address: jane }] })],
      notifications: [
        notificationState(21, jane, { sweego_status: 'soft_bounce', sweego_uid: `01-${jane}` }),
      ],
      events: [historyEvent('soft_bounce', jane)],
    });
    const { change } = decide(retried, bounce(jane, { at: new Date('2026-11-01T11:00:00Z') }));
    expect(change?.event_creates).toHaveLength(1);
    expect(change?.notification_writes[0]?.values.notification_status).toBeUndefined();
    expect(change?.mail_writes).toEqual([]);
  });
});

describe('the list of recipients of a mail that partly bounced', () => {
  const partners = [
    { partner_id: 1, address: jane },
    { partner_id: 2, address: joe },
    { partner_id: 3, address: 'kim@example.com' },
  ];
  const three = messageState({
    mails: [mailState({ recipients: partners })],
    notifications: [
      notificationState(21, jane),
      notificationState(22, joe),
      notificationState(23, 'kim@example.com'),
    ],
    events: [delivered(jane)],
  });

  it('holds exactly the failed recipients, and the full list is stored', () => {
    const values = decide(three, bounce(joe)).change?.mail_writes[0]?.values;
    expect(values?.recipient_ids).toEqual([2]);
    expect(JSON.parse(String(values?.x_sweego_original_recipients))).toMatchObject({ partners });
  });

  it('includes one who fails later, and is complete again when nobody counts as failed', () => {
    const cut = {
      ...three,
      mails: [
        mailState({
          state: 'exception',
          recipients: partners.slice(1, 2),
          original_recipients: JSON.stringify({ partners, email_to: null, email_cc: null }),
        }),
      ],
      events: [delivered(jane), historyEvent('soft_bounce', joe)],
    };
    const later = decide(cut, bounce('kim@example.com')).change?.mail_writes[0]?.values;
    expect(later?.recipient_ids).toEqual([2, 3]);
    expect(later?.x_sweego_original_recipients).toBeUndefined();
    const over = decide(cut, delivered(joe)).change?.mail_writes[0]?.values;
    expect(over).toMatchObject({
      state: 'sent',
      recipient_ids: [1, 2, 3],
      x_sweego_original_recipients: false,
    });
  });

  it('the mail waits for its Cc addresses too', () => {
    const copied = messageState({ mails: [mailState({ email_cc: 'kim@example.com' })] });
    expect(decide(copied, delivered(jane), delivered(joe)).change?.mail_unlinks).toEqual([]);
    const all = [jane, joe, 'kim@example.com'].map((each) => delivered(each));
    expect(decide(copied, ...all).change?.mail_unlinks).toEqual([10]);
  });

  it('is reduced for addresses in To and Cc too', () => {
    const direct = messageState({
      mails: [
        mailState({
          is_notification: false,
          recipients: [],
          email_to: '"Doe, Jane" <Jane@example.com>, joe@example.com',
          email_cc: 'kim@example.com',
        }),
      ],
      notifications: [],
    });
    const values = decide(direct, bounce(jane)).change?.mail_writes[0]?.values;
    expect(values).toMatchObject({ email_to: '"Doe, Jane" <Jane@example.com>', email_cc: false });
  });

  it('stays complete when everybody failed', () => {
    const values = decide(messageState(), bounce(jane), bounce(joe)).change?.mail_writes[0]?.values;
    expect(values?.recipient_ids).toBeUndefined();
    expect(values?.x_sweego_original_recipients).toBeUndefined();
  });
});

describe('while Odoo is sending', () => {
  it('the recipients of that mail wait', () => {
    const sending = messageState({ mails: [mailState({ state: 'outgoing' })] });
    expect(decide(sending, bounce(jane))).toEqual({ change: undefined, verdicts: ['defer'] });
  });

  it('a notification mail for another recipient delays nobody', () => {
    const sibling = mailState({ id: 11, state: 'outgoing', recipients: [{ partner_id: 2, address: joe }] });
    const sending = messageState({
      mails: [mailState({ recipients: [{ partner_id: 1, address: jane }] }), sibling],
      notifications: [notificationState(21, jane), notificationState(22, joe, { mail_id: 11 })],
    });
    const { change, verdicts } = decide(sending, bounce(jane), bounce(joe));
    expect(verdicts).toEqual(['apply', 'defer']);
    expect(change?.locked_mail_ids).toEqual([10]);
    expect(change?.notification_writes.map(({ id }) => id)).toEqual([21]);
  });

  it('a direct mail delays every event of its message', () => {
    const direct = mailState({ id: 11, state: 'outgoing', is_notification: false, recipients: [] });
    const sending = messageState({ mails: [mailState(), direct] });
    expect(decide(sending, bounce(jane)).verdicts).toEqual(['defer']);
  });
});

describe('the recipient of an event', () => {
  it('is nobody when the message has no such recipient', () => {
    expect(decide(messageState(), bounce('nobody@example.com'))).toEqual({
      change: undefined,
      verdicts: ['unmatched'],
    });
  });

  it('is never found through an empty address', () => {
    const nameless = messageState({
      mails: [mailState({ recipients: [{ partner_id: 1, address: null }] })],
      notifications: [notificationState(21, jane, { address: null, recorded_address: null })],
    });
    expect(decide(nameless, bounce(jane)).verdicts).toEqual(['unmatched']);
  });

  it('is found by swg_uid when their address has changed since', () => {
    const moved = messageState({
      notifications: [notificationState(21, 'new@example.com', { sweego_uid: `01-${jane}` })],
    });
    expect(decide(moved, bounce(jane)).change?.notification_writes[0]?.id).toBe(21);
  });

  it('may belong to one of several mails, and the others are not changed', () => {
    const two = messageState({
      mails: [
        mailState({ recipients: [{ partner_id: 1, address: jane }] }),
        mailState({ id: 11, recipients: [{ partner_id: 2, address: joe }] }),
      ],
      notifications: [notificationState(21, jane), notificationState(22, joe, { mail_id: 11 })],
    });
    expect(decide(two, delivered(jane)).change?.mail_unlinks).toEqual([10]);
    expect(decide(two, bounce(joe)).change?.mail_writes.map(({ id }) => id)).toEqual([11]);
  });
});

describe('a recipient without notification', () => {
  const direct = messageState({
    mails: [mailState({ is_notification: false, recipients: [], email_to: `"Jane" <${jane}>, ${joe}` })],
    notifications: [],
  });

  it('gets one on their first failure, so that it is visible', () => {
    const { change } = decide(direct, bounce(jane));
    expect(change?.notification_creates).toMatchObject([
      { mail_id: 10, mail_email_address: jane, values: { notification_status: 'exception' } },
    ]);
    expect(decide(direct, delivered(jane)).change?.notification_creates).toEqual([]);
  });

  it('gets one even when Odoo has already deleted the mail', () => {
    const bare = messageState({ mails: [], notifications: [] });
    expect(decide(bare, bounce(jane)).change?.notification_creates).toMatchObject([
      { mail_id: null, mail_email_address: jane },
    ]);
  });

  it('keeps the mail waiting until they are delivered, even when events arrive one by one', () => {
    expect(decide(direct, delivered(jane)).change?.mail_unlinks).toEqual([]);
    const later = { ...direct, events: [delivered(jane)] };
    expect(decide(later, delivered(joe)).change?.mail_unlinks).toEqual([10]);
  });
});

describe('cases that random orders of events have found', () => {
  it('a confirmed mail waits again when a newer submission has begun', () => {
    const confirmed = messageState({
      mails: [
        mailState({
          confirmed: true,
          auto_delete_requested: false,
          recipients: [{ partner_id: 1, address: jane }],
        }),
      ],
      events: [delivered(jane)],
    });
    const retry = historyEvent('email_sent', jane, {
      swg_uid: '01-retry',
      at: new Date('2026-11-01T12:00:00Z'),
    });
    expect(decide(confirmed, retry).change?.mail_writes).toEqual([
      { id: 10, values: { x_sweego_confirmed: false } },
    ]);
  });

  it('a failure that is over when it arrives still creates a notification, in grey', () => {
    const direct = messageState({
      mails: [
        mailState({ is_notification: false, recipients: [], email_to: jane, auto_delete_requested: false }),
      ],
      notifications: [],
    });
    const { change } = decide(direct, delivered(jane), historyEvent('soft_bounce', jane));
    expect(change?.notification_creates).toMatchObject([{ values: { notification_status: 'sent' } }]);
  });
});

describe('a deleted message', () => {
  it('has only its history continued', () => {
    const gone = { message_id: '<1@example.com>', events: [], traces: [] };
    const change = recordOnly(gone, [bounce(jane)], odooFacts);
    expect(change).toMatchObject({
      message: null,
      notification_writes: [],
      mail_writes: [],
      mail_unlinks: [],
    });
    expect(change.event_creates).toMatchObject([{ x_message_id: '<1@example.com>', x_type: 'hard_bounce' }]);
  });
});
