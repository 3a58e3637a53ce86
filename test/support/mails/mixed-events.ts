import type { WantedMessage } from '../odoo/marked-messages.ts';
import type { MarkedMessage } from '../odoo/message-outcomes.ts';
import { eventBody } from './event-cases.ts';
import type { Delivery, DrawnEvent, MailKind } from './event-cases.ts';

/** One webhook request as Sweego has it before signing. */
export type Webhook = {
  /** `webhook-id`; a repetition carries the same. */
  id: string;
  body: string;
  /** What each element of the body tells: elements with the same one are one event, and count once. */
  tells: readonly string[];
};

/** A message and what Sweego tells of it. */
type Story = WantedMessage & { events: readonly DrawnEvent[] };

export type MixedEvents = {
  /** The messages it is about, in order. */
  wanted: readonly WantedMessage[];
  /** The webhooks about these messages. Called with other messages, the same about those. */
  webhooksOf(messages: readonly MarkedMessage[]): Webhook[];
};

const unreadable = 'unreadable';
/** Ends what is told of an event under another event_id: Odoo's history knows it already. */
const anew = ' anew';

/** Whether an entry of this webhook has to be parked in the end, since nobody can read it. */
export function isUnreadable(webhook: Webhook): boolean {
  return webhook.tells.includes(unreadable);
}

/** How many rows Odoo's history has in the end: one for each event about a message of its own. */
export function countRecordedEvents(webhooks: readonly Webhook[]): number {
  const events = new Set(webhooks.flatMap(({ tells }) => tells));
  return [...events].filter(
    (told) => !told.includes('stranger') && told !== unreadable && !told.endsWith(anew),
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
 * bounced and complained of; some repeated, some issued anew; `unknown` about Message-Ids that Odoo does not
 * have; one list; and one body that is no JSON. What Odoo shows in the end does not depend on their order.
 */
export function mixEvents(count: number, unknown = Math.floor(count / 10)): MixedEvents {
  const stories: Story[] = [];
  let told = unknown + 1;
  while (told < count) {
    const story = storyOf(stories.length);
    stories.push(story);
    told += story.events.length + Math.round(story.events.length * (1 / 7 + 1 / 11));
  }
  return {
    wanted: stories.map(({ kind, recipients, isDeletionWished }) => ({ kind, recipients, isDeletionWished })),
    webhooksOf(messages) {
      const singles = stories.flatMap((story, index) => webhooksOfStory(story, messages[index]));
      const mark = messages[0]?.mark ?? '';
      const strangers = Array.from({ length: unknown }, (_, index) => strangerOf(mark, index));
      const noJson = { id: `${mark}no-json`, body: '{"event_type": "delivered",', tells: [unreadable] };
      return interleave([listOf(mark, singles.slice(0, 5)), ...singles.slice(5)], [noJson, ...strangers]);
    },
  };
}

/** Every fourth message is delivered to all, and its mails then go as its author wished. */
function storyOf(index: number): Story {
  const { kind, recipients } = shapes[index % shapes.length] ?? { kind: 'direct', recipients: 1 };
  const isDeletionWished = index % 4 === 3;
  const events = Array.from({ length: recipients }, (_, recipient) => {
    const fate = isDeletionWished ? fates[0] : fates[(index + recipient) % fates.length];
    return (fate ?? []).map(([type, answer], step) => ({
      recipient,
      submission: 0,
      type,
      answer,
      at: recipient + step * 5,
    }));
  });
  return { kind, recipients, isDeletionWished, events: events.flat() };
}

function webhooksOfStory({ events }: Story, message: MarkedMessage | undefined): Webhook[] {
  if (message === undefined) throw new Error('There is a message too few for these events.');
  return events.flatMap((event, index) => {
    const webhook = (as: Delivery['as']): Webhook => ({
      id: `${message.mark}${as}-${index}`,
      body: eventBody(event, { event: index, as }, message, 'anew'),
      tells: [`${message.mark}${index}${as === 'reissued' ? anew : ''}`],
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
    tells: webhooks.flatMap(({ tells }) => tells),
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
    tells: [stranger],
  };
}

function interleave<T>(many: readonly T[], few: readonly T[]): T[] {
  const every = Math.max(1, Math.floor(many.length / few.length));
  const rest = [...few];
  const mixed = many.flatMap((each, index) => (index % every === 0 ? [each, ...rest.splice(0, 1)] : [each]));
  return [...mixed, ...rest];
}
