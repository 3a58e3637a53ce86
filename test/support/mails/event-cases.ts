import fc from 'fast-check';

/** One event that Sweego reports about one submission to one recipient. */
export type DrawnEvent = {
  recipient: number;
  /** 0 for the first mail, 1 for the mail of a Retry. */
  submission: number;
  /** As Sweego spells it, with `-` or `_`. */
  type: string;
  answer: string;
  /** Seconds after the mail was sent. */
  at: number;
};

/**
 * One report of an event. `first` is its webhook, `again` is the same webhook repeated, `reissued` has another
 * event_id. `log` and `bare log` are the row of Sweego's log whose latest state is the event, with and without
 * the answer of the recipient's server.
 */
export type Delivery = { event: number; as: 'first' | 'again' | 'reissued' | 'log' | 'bare log' };

/**
 * How a message's mails are made: one notification mail for all, one for each recipient, or one that is no
 * notification mail and has addresses only.
 */
export type MailKind = 'one mail' | 'a mail each' | 'direct';

export type EventCase = {
  kind: MailKind;
  recipients: number;
  events: readonly DrawnEvent[];
  /** All reports, in batches and in order of arrival. Every event is reported at least once. */
  batches: readonly (readonly Delivery[])[];
};

export const caseAddresses = [0, 1, 2, 3].map((index) => `r${index}@any-order.example.com`);

const types = [
  'email_sent',
  'delivered',
  'delivered',
  'soft-bounce',
  'soft_bounce',
  'hard_bounce',
  'hard-bounce',
  'undelivered',
  'complaint',
  'email_opened',
  'email_clicked',
  'list_unsub',
];

/** Answers of the recipient's server, and one line of Sweego's own. */
const answers = [
  '421 4.7.0 Try again later',
  '452 4.2.2 Mailbox full',
  '550 5.1.1 User unknown',
  '550 5.2.1 Mailbox disabled',
  '550 5.7.1 Message refused by policy',
  '552 5.3.4 Message too big',
  '554 Refused',
  'DROP[suppressed]',
  '',
];

/** All events of the second submission come after the first event of the first submission. Other times are free. */
const drawnEvents = (recipients: number): fc.Arbitrary<DrawnEvent[]> =>
  fc
    .uniqueArray(
      fc.record({
        recipient: fc.nat(recipients - 1),
        submission: fc.nat(1),
        type: fc.constantFrom(...types),
        answer: fc.constantFrom(...answers),
        at: fc.nat(20),
      }),
      {
        minLength: 1,
        maxLength: 14,
        selector: ({ recipient, submission, type, at }) =>
          `${recipient} ${submission} ${type.replace('-', '_')} ${at}`,
      },
    )
    .map((events) =>
      events.map((event) => {
        if (event.submission === 0) return event;
        const earlier = events.filter(
          ({ recipient, submission }) => recipient === event.recipient && submission === 0,
        );
        const begun = earlier.length === 0 ? 0 : Math.min(...earlier.map(({ at }) => at)) + 1;
        return { ...event, at: begun + event.at };
      }),
    );

function deliveriesOf(events: readonly DrawnEvent[], isLogged: boolean): fc.Arbitrary<Delivery[][]> {
  const kindsOf = ({ type }: DrawnEvent): Delivery['as'][] =>
    isLogged && logStatusOf(type) !== undefined ? ['first', 'log', 'bare log'] : ['first'];
  const reportKinds = fc.tuple(...events.map((each) => fc.subarray(kindsOf(each), { minLength: 1 })));
  const repetitions = fc.array(
    fc.record({
      event: fc.nat(events.length - 1),
      as: fc.constantFrom<Delivery['as']>('again', 'reissued'),
    }),
    { maxLength: 6 },
  );
  return fc.tuple(reportKinds, repetitions).chain(([chosenKinds, repeated]) => {
    const firsts = chosenKinds.flatMap((kinds, event) => kinds.map((as): Delivery => ({ event, as })));
    const all: Delivery[] = [
      ...firsts,
      ...repeated.map(({ event, as }): Delivery => ({
        event,
        as: chosenKinds[event]?.includes('first') === true ? as : 'log',
      })),
    ];
    return fc
      .tuple(
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
        fc.array(fc.nat(all.length), { maxLength: 4 }),
      )
      .map(([shuffled, cuts]) => {
        const edges = [0, ...cuts.sort((one, other) => one - other), shuffled.length];
        return edges
          .slice(1)
          .map((edge, index) => shuffled.slice(edges[index], edge))
          .filter((batch) => batch.length > 0);
      });
  });
}

const casesWith = (isLogged: boolean): fc.Arbitrary<EventCase> =>
  fc
    .tuple(fc.constantFrom<MailKind>('one mail', 'a mail each', 'direct'), fc.integer({ min: 1, max: 4 }))
    .chain(([kind, recipients]) =>
      drawnEvents(recipients).chain((events) =>
        deliveriesOf(events, isLogged).map((batches) => ({ kind, recipients, events, batches })),
      ),
    );

/** Webhooks report every event. */
export const eventCases = casesWith(false);

/** A webhook, the log or both report each event. */
export const loggedEventCases = casesWith(true);

/** Each kind of report of each event once, in order of time. A case is compared with this. */
export function sortedBatch({ events, batches }: EventCase): Delivery[] {
  const kinds: readonly Delivery['as'][] = ['first', 'log', 'bare log'];
  return events
    .map((event, index) => ({ index, at: event.at }))
    .sort((one, other) => one.at - other.at || one.index - other.index)
    .flatMap(({ index }) =>
      kinds
        .filter((as) => batches.flat().some((each) => each.event === index && each.as === as))
        .map((as): Delivery => ({ event: index, as })),
    );
}

/** Whether Sweego reports for every recipient that they have the mail. */
export function mayBeDeliveredToAll({ recipients, events }: EventCase): boolean {
  const proofs = ['delivered', 'email_opened', 'email_clicked', 'complaint'];
  return Array.from({ length: recipients }, (_, recipient) => recipient).every((recipient) =>
    events.some((event) => event.recipient === recipient && proofs.includes(event.type)),
  );
}

const start = Date.parse('2026-11-01T10:00:00Z');

/**
 * The body of a delivery's webhook.
 *
 * @param mark distinguishes the ids of this message from those of all others
 */
export function eventBody(
  event: DrawnEvent,
  delivery: Delivery,
  message: { messageId: string; mark: string },
  unique: string,
): string {
  const { mark, messageId } = message;
  const domain = /@(.+)>$/.exec(messageId)?.[1] ?? '';
  const uid = `${mark}uid-${event.recipient}-${event.submission}`;
  const bid = `${mark}bid-${event.recipient}-${event.submission}`;
  const at = new Date(start + event.at * 1000).toISOString().slice(0, 19);
  const isBounce = /bounce|undelivered/.test(event.type);
  const code = /^\d{3}/.exec(event.answer)?.[0];
  return JSON.stringify({
    event_type: event.type,
    // A reissued event may be written differently; the inbox does not recognise it as a duplicate.
    timestamp: delivery.as === 'reissued' ? `${at}.250000+00:00` : `${at}+00:00`,
    swg_uid: uid,
    event_id: `${mark}event-${delivery.event}${delivery.as === 'reissued' ? `-${unique}` : ''}`,
    channel: 'email',
    transaction_id: `${mark}transaction-${event.recipient}-${event.submission}`,
    headers: { 'x-message-id': messageId, 'x-swg-bid': bid },
    recipient: caseAddresses[event.recipient]?.replace(/@.*/, `@${domain}`),
    domain_from: domain,
    details: isBounce ? `mta-1 zone-mta: id=${uid} REJECTED[other] (${event.answer})` : '',
    ...(isBounce && code !== undefined ? { response_code: Number(code) } : {}),
  });
}

/** The state that a row of the log has for this event; undefined when the log never shows it. */
function logStatusOf(type: string): string | undefined {
  if (/bounce|undelivered/.test(type)) return 'undelivered';
  const states: Readonly<Record<string, string>> = {
    email_sent: 'queued',
    delivered: 'delivered',
    email_opened: 'opened-human',
    email_clicked: 'clicked-human',
  };
  return states[type];
}

/** The row of Sweego's log while an event was its latest state. */
export function logRowBody(
  { events }: Pick<EventCase, 'events'>,
  { event: index, as }: Delivery,
  message: { messageId: string; mark: string },
): string {
  const event = events[index];
  if (event === undefined) throw new Error('no such event');
  const { recipient, submission, type, answer } = event;
  const { mark, messageId } = message;
  const domain = /@(.+)>$/.exec(messageId)?.[1] ?? '';
  const ofSubmission = events.filter(
    (each) => each.recipient === recipient && each.submission === submission,
  );
  const written = (at: number) => new Date(start + at * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const isBounce = logStatusOf(type) === 'undelivered';
  const evidence = {
    email_state: answer.startsWith('DROP') ? '-1' : (/^\d{3}/.exec(answer)?.[0] ?? ''),
    bounced: answer,
  };
  return JSON.stringify({
    swg_uid: `${mark}uid-${recipient}-${submission}`,
    status: logStatusOf(type),
    channel: 'email',
    transaction_id: `${mark}transaction-${recipient}-${submission}`,
    email_creation: written(Math.min(...ofSubmission.map(({ at }) => at))),
    email_last_update: written(event.at),
    email_to: caseAddresses[recipient]?.replace(/@.*/, `@${domain}`),
    domain_from: domain,
    headers: { 'x-message-id': messageId },
    bounce_type: /^(hard|soft)/.exec(type)?.[0] ?? null,
    ...(isBounce && as === 'log' ? evidence : {}),
  });
}
