import type { WantedMessage } from '../odoo/marked-messages.ts';
import type { MarkedMessage } from '../odoo/message-outcomes.ts';
import { eventBody } from './event-cases.ts';
import type { Delivery, DrawnEvent, MailKind } from './event-cases.ts';

/** One webhook request as Sweego has it before signing. */
export type Webhook = {
  /** `webhook-id`; a repetition carries the same. */
  id: string;
  body: string;
  /** The event in each element of the body. Elements with the same name report one event, which counts once. */
  eventNames: readonly string[];
};

/** A message and the events that Sweego reports about it. */
type PlannedMessage = WantedMessage & { events: readonly DrawnEvent[] };

export type MixedEvents = {
  /** The messages that the events are about, in order. */
  wanted: readonly WantedMessage[];
  /** The webhooks about these messages. Other messages get the same events. */
  webhooksOf(messages: readonly MarkedMessage[]): Webhook[];
};

const unreadable = 'unreadable';
/** Ends the name of an event that is repeated with another event_id. Odoo's history has that event already. */
const reissuedMark = ' anew';

/** Whether the entry of this webhook must end as parked, because its body is unreadable. */
export function isUnreadable(webhook: Webhook): boolean {
  return webhook.eventNames.includes(unreadable);
}

/** How many rows Odoo's history has in the end: one for each event about a message that Odoo sent. */
export function countRecordedEvents(webhooks: readonly Webhook[]): number {
  const events = new Set(webhooks.flatMap(({ eventNames }) => eventNames));
  return [...events].filter(
    (name) => !name.includes('stranger') && name !== unreadable && !name.endsWith(reissuedMark),
  ).length;
}

/** What may happen to the mail of one recipient. */
const fates: readonly (readonly [type: string, answer: string])[][] = [
  [
    ['email_sent', ''],
    ['delivered', ''],
    ['email_opened', ''],
  ],
  [
    ['email_sent', ''],
    ['hard_bounce', '550 5.1.1 User unknown'],
  ],
  [
    ['email_sent', ''],
    ['soft-bounce', '421 4.7.0 Try again later'],
    ['delivered', ''],
  ],
  [
    ['delivered', ''],
    ['complaint', ''],
  ],
  [
    ['email_sent', ''],
    ['soft_bounce', '452 4.2.2 Mailbox full'],
  ],
];
const shapes: readonly { kind: MailKind; recipients: number }[] = [
  { kind: 'one mail', recipients: 3 },
  { kind: 'a mail each', recipients: 2 },
  { kind: 'direct', recipients: 1 },
];

/**
 * A fixed mix of about `count` events: messages of several recipients whose mails are sent, delivered, opened,
 * bounced and complained of. Some are repeated, some of these with another event_id. `unknown` events are about
 * Message-Ids that Odoo does not have. One webhook is a list, and one body is no JSON. What Odoo shows in the end
 * does not depend on their order.
 */
export function mixEvents(count: number, unknown = Math.floor(count / 10)): MixedEvents {
  const plans: PlannedMessage[] = [];
  let planned = unknown + 1;
  while (planned < count) {
    const plan = planMessage(plans.length);
    plans.push(plan);
    planned += plan.events.length + Math.round(plan.events.length * (1 / 7 + 1 / 11));
  }
  return {
    wanted: plans.map(({ kind, recipients, isDeletionRequested }) => ({
      kind,
      recipients,
      isDeletionRequested,
    })),
    webhooksOf(messages) {
      const singles = plans.flatMap((plan, index) => webhooksAbout(plan, messages[index]));
      const mark = messages[0]?.mark ?? '';
      const strangers = Array.from({ length: unknown }, (_, index) => strangerOf(mark, index));
      const noJson = { id: `${mark}no-json`, body: '{"event_type": "delivered",', eventNames: [unreadable] };
      return interleave([listOf(mark, singles.slice(0, 5)), ...singles.slice(5)], [noJson, ...strangers]);
    },
  };
}

/** Every fourth message is delivered to all, and its mails are then deleted as its author requested. */
function planMessage(index: number): PlannedMessage {
  const { kind, recipients } = shapes[index % shapes.length] ?? { kind: 'direct', recipients: 1 };
  const isDeletionRequested = index % 4 === 3;
  const events = Array.from({ length: recipients }, (_, recipient) => {
    const fate = isDeletionRequested ? fates[0] : fates[(index + recipient) % fates.length];
    return (fate ?? []).map(([type, answer], step) => ({
      recipient,
      submission: 0,
      type,
      answer,
      at: recipient + step * 5,
    }));
  });
  return { kind, recipients, isDeletionRequested, events: events.flat() };
}

function webhooksAbout({ events }: PlannedMessage, message: MarkedMessage | undefined): Webhook[] {
  if (message === undefined) throw new Error('There is a message too few for these events.');
  return events.flatMap((event, index) => {
    const webhook = (as: Delivery['as']): Webhook => ({
      id: `${message.mark}${as}-${index}`,
      body: eventBody(event, { event: index, as }, message, 'anew'),
      eventNames: [`${message.mark}${index}${as === 'reissued' ? reissuedMark : ''}`],
    });
    return [
      webhook('first'),
      ...(index % 7 === 3 ? [webhook('again')] : []),
      ...(index % 11 === 5 ? [webhook('reissued')] : []),
    ];
  });
}

function listOf(mark: string, webhooks: readonly Webhook[]): Webhook {
  return {
    id: `${mark}list`,
    body: `[${webhooks.map(({ body }) => body).join(',')}]`,
    eventNames: webhooks.flatMap(({ eventNames }) => eventNames),
  };
}

/** An event about a mail that this Odoo never sent. */
export function strangerOf(mark: string, index: number): Webhook {
  const stranger = `${mark}stranger-${index}-`;
  const event = { recipient: 0, submission: 0, type: 'delivered', answer: '', at: index };
  return {
    id: stranger,
    body: eventBody(
      event,
      { event: 0, as: 'first' },
      { messageId: `<${stranger}@elsewhere.example.com>`, mark: stranger },
      '',
    ),
    eventNames: [stranger],
  };
}

function interleave<T>(many: readonly T[], few: readonly T[]): T[] {
  const every = Math.max(1, Math.floor(many.length / few.length));
  const rest = [...few];
  const mixed = many.flatMap((each, index) => (index % every === 0 ? [each, ...rest.splice(0, 1)] : [each]));
  return [...mixed, ...rest];
}
