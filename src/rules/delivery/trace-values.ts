import type { TraceValues } from '../../odoo/message-change.ts';
import type { TraceState } from '../../odoo/message-state.ts';
import { isDelivered, isFailed } from './delivery-status.ts';
import type { RecipientState } from './delivery-status.ts';
import { failureReason, odooDatetime } from './notification-values.ts';
import type { OdooFacts } from './notification-values.ts';

/** Failure types that a campaign counts as bounced. It counts any other as an exception. */
const bouncedTypes = ['mail_email_invalid', 'mail_bl'];

/**
 * The new values of a row in a campaign's statistics, so that they show what happened to the mail.
 *
 * @returns undefined when the row is right already, and after a reply or a cancellation, which are final
 * @see Odoo mass_mailing, mailing.trace set_sent, set_opened, set_clicked, set_bounced, set_failed
 */
export function traceValues(
  state: RecipientState,
  trace: TraceState,
  facts: OdooFacts,
): TraceValues | undefined {
  if (trace.status === 'cancel' || state.event === null) return undefined;
  const at = odooDatetime(state.event.at);
  const clicked = state.status === 'email_clicked' && !trace.clicked ? { links_click_datetime: at } : {};
  if (trace.status === 'reply') return filled(clicked);
  if (isFailed(state.status)) return filled(failedValues(state, trace, facts));
  if (state.status === 'email_opened' || state.status === 'email_clicked') {
    const opened =
      trace.status === 'open' ? {} : { trace_status: 'open' as const, open_datetime: at, ...noFailure };
    return filled({ ...opened, ...clicked });
  }
  if (!isDelivered(state.status) || ['sent', 'open'].includes(trace.status)) return undefined;
  return { trace_status: 'sent', sent_datetime: at, ...noFailure };
}

const noFailure: TraceValues = { failure_type: false, failure_reason: false };

function failedValues({ event }: RecipientState, trace: TraceState, facts: OdooFacts): TraceValues {
  if (event === null) return {};
  const isBounced = event.permanence === 'hard' && bouncedTypes.includes(event.failure_type ?? '');
  const status = isBounced ? 'bounce' : 'error';
  const type = isBounced ? 'mail_bounce' : (event.failure_type ?? 'unknown');
  if (trace.status === status && trace.failure_type === type) return {};
  return { trace_status: status, failure_type: type, failure_reason: failureReason(event, facts.language) };
}

function filled(values: TraceValues): TraceValues | undefined {
  return Object.keys(values).length === 0 ? undefined : values;
}
