import { describe, expect, it } from 'vitest';
import type { DeliveryEvent } from '../../src/rules/delivery-status.ts';
import { decideMessage } from '../../src/rules/message-outcome.ts';
import type { MailState, MessageState, NotificationState } from '../../src/rules/message-state.ts';

const failureTypes = {
  mail: ['unknown', 'mail_smtp', 'mail_email_invalid'],
  notification: ['unknown', 'mail_smtp', 'mail_email_invalid', 'mail_bl'],
};

function mail(changes: Partial<MailState> = {}): MailState {
  return {
    id: 10,
    state: 'sent',
    is_notification: true,
    relayed: true,
    delete_wished: true,
    confirmed: false,
    recipients: ['jane@example.com', 'joe@example.com'],
    email_to: null,
    email_cc: null,
    recipient_states: null,
    ...changes,
  };
}

function notification(
  id: number,
  address: string,
  changes: Partial<NotificationState> = {},
): NotificationState {
  return {
    id,
    mail_id: 10,
    address,
    recorded_address: null,
    status: 'sent',
    failure_type: null,
    sweego_status: null,
    sweego_status_at: null,
    sweego_uid: null,
    sweego_transaction_id: null,
    sweego_message_id: null,
    ...changes,
  };
}

function message(changes: Partial<MessageState> = {}): MessageState {
  return {
    message_id: '<1@example.com>',
    id: 5,
    model: 'sale.order',
    res_id: 7,
    document_exists: true,
    mails: [mail()],
    notifications: [notification(21, 'jane@example.com'), notification(22, 'joe@example.com')],
    ...changes,
  };
}

function event(
  status: DeliveryEvent['status'],
  recipient: string,
  changes: Partial<DeliveryEvent> = {},
): DeliveryEvent {
  return {
    status,
    recipient,
    uid: `01-${recipient}`,
    transactionId: 'transaction',
    wireMessageId: null,
    at: new Date('2026-11-01T10:00:00Z'),
    failure: null,
    ...changes,
  };
}

const deadAddress = {
  permanence: 'hard',
  failureType: 'mail_email_invalid',
  reason: 'address_unknown',
  line: '550 5.1.1 User unknown',
} as const;
const bounce = (recipient: string): DeliveryEvent =>
  event('hard_bounce', recipient, { failure: deadAddress });
const delivered = (recipient: string): DeliveryEvent => event('delivered', recipient);

describe('a message with two recipients', () => {
  it('touches nothing while one of its mails is outgoing', () => {
    const sending = message({ mails: [mail(), mail({ id: 11, state: 'outgoing' })] });
    const { change, verdicts } = decideMessage(sending, [bounce('jane@example.com')], failureTypes);
    expect(change).toBeUndefined();
    expect(verdicts).toEqual(['defer']);
  });

  it('turns only the envelope of the one who bounced red, and deletes nothing', () => {
    const { change } = decideMessage(message(), [bounce('jane@example.com')], failureTypes);
    expect(change?.notification_writes).toEqual([
      {
        id: 21,
        values: expect.objectContaining({
          notification_status: 'exception',
          failure_type: 'mail_email_invalid',
        }) as unknown,
      },
    ]);
    expect(change?.mail_writes).toEqual([
      {
        id: 10,
        values: expect.objectContaining({
          state: 'exception',
          failure_type: 'mail_email_invalid',
        }) as unknown,
      },
    ]);
    expect(change?.mail_unlinks).toEqual([]);
    expect(change?.refresh).toBe(true);
  });

  it('keeps the mail until both are delivered', () => {
    const first = decideMessage(message(), [delivered('jane@example.com')], failureTypes);
    expect(first.change?.mail_unlinks).toEqual([]);
    const both = [delivered('jane@example.com'), delivered('joe@example.com')];
    expect(decideMessage(message(), both, failureTypes).change?.mail_unlinks).toEqual([10]);
  });

  it('keeps a delivered mail whose template did not ask for deletion, and marks it confirmed', () => {
    const kept = message({ mails: [mail({ delete_wished: false })] });
    const both = [delivered('jane@example.com'), delivered('joe@example.com')];
    const { change } = decideMessage(kept, both, failureTypes);
    expect(change?.mail_unlinks).toEqual([]);
    expect(change?.mail_writes).toEqual([{ id: 10, values: { x_sweego_confirmed: true } }]);
  });

  it('never deletes a mail when one of its recipients failed', () => {
    const events = [bounce('jane@example.com'), delivered('joe@example.com')];
    for (const order of [events, [...events].reverse()]) {
      const { change } = decideMessage(message(), order, failureTypes);
      expect(change?.mail_unlinks).toEqual([]);
      expect(change?.mail_writes[0]?.values.state).toBe('exception');
    }
  });

  it('clears the envelope that a soft bounce left red once the mail is delivered', () => {
    const red = message({
      mails: [mail({ state: 'exception', recipients: ['jane@example.com'] })],
      notifications: [
        notification(21, 'jane@example.com', {
          status: 'exception',
          failure_type: 'mail_smtp',
          sweego_status: 'soft_bounce',
          sweego_uid: '01-jane@example.com',
        }),
      ],
    });
    const { change } = decideMessage(red, [delivered('jane@example.com')], failureTypes);
    expect(change?.notification_writes[0]?.values).toMatchObject({
      notification_status: 'sent',
      failure_type: false,
      failure_reason: false,
    });
    expect(change?.mail_unlinks).toEqual([10]);
    expect(change?.refresh).toBe(true);
  });

  it('leaves a notification dismissed by a user as it is', () => {
    const dismissed = message({
      notifications: [
        notification(21, 'jane@example.com', { status: 'canceled' }),
        notification(22, 'joe@example.com'),
      ],
    });
    const { change } = decideMessage(dismissed, [bounce('jane@example.com')], failureTypes);
    expect(change?.notification_writes[0]?.values.notification_status).toBeUndefined();
    expect(change?.refresh).toBe(false);
  });

  it('matches nobody rather than somebody when the recipient is not one of the message', () => {
    const { change, verdicts } = decideMessage(message(), [bounce('nobody@example.com')], failureTypes);
    expect(change).toBeUndefined();
    expect(verdicts).toEqual(['unmatched']);
  });

  it('finds the recipient by swg_uid when his address has changed since', () => {
    const moved = message({
      notifications: [
        notification(21, 'new@example.com', {
          sweego_uid: '01-jane@example.com',
          sweego_status: 'email_sent',
        }),
      ],
    });
    const { change } = decideMessage(moved, [bounce('jane@example.com')], failureTypes);
    expect(change?.notification_writes[0]?.id).toBe(21);
  });

  it('writes nothing for an event that is known already', () => {
    const known = message({
      notifications: [
        notification(21, 'jane@example.com', {
          sweego_status: 'delivered',
          sweego_status_at: new Date('2026-11-01T10:00:00Z'),
          sweego_uid: '01-jane@example.com',
          sweego_transaction_id: 'transaction',
        }),
      ],
    });
    expect(decideMessage(known, [delivered('jane@example.com')], failureTypes)).toEqual({
      change: undefined,
      verdicts: ['superseded'],
    });
  });

  it('writes no failure type that this database does not have', () => {
    const suppressed = event('hard_bounce', 'jane@example.com', {
      failure: { ...deadAddress, failureType: 'mail_bl', reason: 'recipient_suppressed' },
    });
    const { change } = decideMessage(message(), [suppressed], failureTypes);
    expect(change?.notification_writes[0]?.values.failure_type).toBe('mail_bl');
    expect(change?.mail_writes[0]?.values.failure_type).toBe('unknown');
  });
});

describe('a mail without notifications', () => {
  const direct = message({
    mails: [
      mail({
        is_notification: false,
        recipients: [],
        email_to: '"Jane" <jane@example.com>, joe@example.com',
      }),
    ],
    notifications: [],
  });

  it('gets one on its first failure, so that the failure can be seen', () => {
    const { change } = decideMessage(direct, [bounce('jane@example.com')], failureTypes);
    expect(change?.notification_creates).toEqual([
      {
        mail_id: 10,
        mail_email_address: 'jane@example.com',
        values: expect.objectContaining({ notification_status: 'exception' }) as unknown,
      },
    ]);
    expect(change?.mail_writes[0]?.values.state).toBe('exception');
  });

  it('is deleted only when every recipient is delivered, also when they are told one by one', () => {
    const first = decideMessage(direct, [delivered('jane@example.com')], failureTypes).change;
    expect(first?.mail_unlinks).toEqual([]);
    expect(first?.notification_creates).toEqual([]);
    const remembered = first?.mail_writes[0]?.values.x_sweego_recipient_states ?? null;
    const later = {
      ...direct,
      mails: direct.mails.map((each) => ({ ...each, recipient_states: remembered })),
    };
    expect(decideMessage(later, [delivered('joe@example.com')], failureTypes).change?.mail_unlinks).toEqual([
      10,
    ]);
  });
});
