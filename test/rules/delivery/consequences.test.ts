import { describe, expect, it } from 'vitest';
import { consequencesOf } from '../../../src/rules/delivery/consequences.ts';
import { historyEvent } from '../../support/odoo/message-states.ts';

const events = ['list_unsub', 'clicked_unsub', 'complaint', 'hard_bounce', 'soft_bounce'].map((type) =>
  historyEvent(type, `${type}@example.com`),
);
const withOptions = (options: { feed_blacklist: boolean; count_bounces: boolean }) =>
  consequencesOf(events.map((event) => ({ event, options })));

describe('the options of a mail server', () => {
  it('have no effect unless an administrator chose them', () => {
    expect(withOptions({ feed_blacklist: false, count_bounces: false })).toEqual({
      blacklisted: [],
      bounced_addresses: [],
    });
  });

  it('blacklist a recipient who unsubscribes or complains, but not one who only clicks the link', () => {
    expect(withOptions({ feed_blacklist: true, count_bounces: false })).toEqual({
      blacklisted: ['list_unsub@example.com', 'complaint@example.com'],
      bounced_addresses: [],
    });
  });

  it('count addresses that do not exist, but no temporary failures and no refusals of the sender', () => {
    const options = { feed_blacklist: false, count_bounces: true };
    expect(withOptions(options).bounced_addresses).toEqual(['hard_bounce@example.com']);
    const refused = historyEvent('hard_bounce', 'x@example.com', { failure_type: 'mail_smtp' });
    expect(consequencesOf([{ event: refused, options }]).bounced_addresses).toEqual([]);
  });
});
