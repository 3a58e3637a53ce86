import { describe, expect, it } from 'vitest';
import type { TraceState } from '../../../src/odoo/message-state.ts';
import { recipientState } from '../../../src/rules/delivery/delivery-status.ts';
import { traceValues } from '../../../src/rules/delivery/trace-values.ts';
import { historyEvent, odooFacts } from '../../support/odoo/message-states.ts';

const trace = (changes: Partial<TraceState> = {}): TraceState => ({
  id: 1,
  mail_id: 10,
  email: 'jane@example.com',
  status: 'sent',
  failure_type: null,
  clicked: false,
  ...changes,
});
const after = (type: string, changes: Partial<TraceState> = {}, event = {}) =>
  traceValues(recipientState([historyEvent(type, 'jane@example.com', event)]), trace(changes), odooFacts);

describe('a row of a campaign’s statistics', () => {
  it('counts a missing or blocked address as bounced, and any other failure as an exception', () => {
    expect(after('hard_bounce')).toMatchObject({ trace_status: 'bounce', failure_type: 'mail_bounce' });
    expect(after('hard_bounce', {}, { failure_type: 'mail_smtp' })).toMatchObject({
      trace_status: 'error',
      failure_type: 'mail_smtp',
    });
    expect(after('soft_bounce')).toMatchObject({ trace_status: 'error', failure_type: 'mail_smtp' });
  });

  it('is delivered again when a failure is over', () => {
    expect(after('delivered', { status: 'error', failure_type: 'mail_smtp' })).toMatchObject({
      trace_status: 'sent',
      failure_type: false,
    });
    expect(after('delivered')).toBeUndefined();
  });

  it('is opened by an opening, and by a click, which is also recorded', () => {
    expect(after('email_opened')).toMatchObject({ trace_status: 'open' });
    expect(after('email_clicked')).toMatchObject({
      trace_status: 'open',
      links_click_datetime: '2026-11-01 10:00:00',
    });
    expect(after('email_opened', { status: 'open' })).toBeUndefined();
  });

  it('keeps a reply or a cancellation', () => {
    expect(after('hard_bounce', { status: 'cancel' })).toBeUndefined();
    expect(after('delivered', { status: 'reply' })).toBeUndefined();
    expect(after('email_clicked', { status: 'reply' })).toEqual({
      links_click_datetime: '2026-11-01 10:00:00',
    });
  });

  it('does not change for a mail that is only sent', () => {
    expect(after('email_sent', { status: 'outgoing' })).toBeUndefined();
  });
});
