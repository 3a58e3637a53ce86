import type { Readable } from 'node:stream';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** One mail as it came over the wire: one per SMTP transaction. */
export type SinkMail = {
  /** Envelope recipient, lower-cased (an SMTP transaction with several makes one record each). */
  recipient: string;
  /** Names lower-cased, values unfolded and otherwise as on the wire. Of a repeated name, the first value. */
  headers: Readonly<Record<string, string>>;
  /** Decoded. */
  subject: string;
  /** Visible text of the mail. */
  text: string;
  raw: string;
  receivedAt: Date;
};

export type SmtpSink = {
  port: number;
  /** Everything received so far, oldest first. */
  mails: readonly SinkMail[];
  /** How many transactions have sent their DATA and are still waiting for an answer. */
  inTransit(): number;
  /** How long each DATA command waits for its answer. */
  setDelay(delayMs: number): void;
  /** Answers at once all DATA commands that are waiting. */
  answerWaiting(): void;
  /** Refuses this recipient at RCPT TO with an SMTP code and text; without one the recipient is accepted again. */
  setRefusal(recipient: string, refusal?: { code: number; text: string }): void;
  /** The first mail, received or still to come, that the predicate accepts. */
  waitFor(predicate: (mail: SinkMail) => boolean, timeoutMs?: number): Promise<SinkMail>;
  close(): Promise<void>;
};

/**
 * An SMTP server on 127.0.0.1 that accepts everything, keeps it and delivers nothing.
 *
 * A mail is recorded when its bytes are in, before the delayed answer. The recipient would have got it too, even if
 * the sender gives up or rolls back afterwards.
 */
export async function startSmtpSink(): Promise<SmtpSink> {
  const mails: SinkMail[] = [];
  const watchers = new Set<(mail: SinkMail) => void>();
  const refusals = new Map<string, { code: number; text: string }>();
  const pending = new Set<{ timer: NodeJS.Timeout; answer: () => void }>();
  let delayMs = 0;

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    // Waiting senders are answered by close() itself.
    closeTimeout: 1_000,
    onRcptTo(address, _session, callback) {
      const refusal = refusals.get(address.address.toLowerCase());
      callback(
        refusal === undefined ? null : Object.assign(new Error(refusal.text), { responseCode: refusal.code }),
      );
    },
    onData(stream, session, callback) {
      void readMail(stream).then((read) => {
        for (const { address } of session.envelope.rcptTo) {
          record({
            ...read,
            recipient: address.toLowerCase(),
            receivedAt: new Date(),
          });
        }
        const waiting = {
          timer: setTimeout(() => waiting.answer(), delayMs),
          answer: () => {
            clearTimeout(waiting.timer);
            pending.delete(waiting);
            callback(null);
          },
        };
        pending.add(waiting);
      }, callback);
    },
  });
  // A sender that is killed while it sends resets the connection.
  server.on('error', () => undefined);

  function answerWaiting(): void {
    for (const { answer } of [...pending]) answer();
  }

  function record(mail: SinkMail): void {
    mails.push(mail);
    for (const watch of watchers) watch(mail);
  }

  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('The sink listens on no port.');

  return {
    port: address.port,
    mails,
    inTransit: () => pending.size,
    setDelay: (milliseconds) => {
      delayMs = milliseconds;
    },
    answerWaiting,
    setRefusal: (recipient, refusal) => {
      if (refusal === undefined) refusals.delete(recipient.toLowerCase());
      else refusals.set(recipient.toLowerCase(), refusal);
    },
    waitFor(predicate, timeoutMs = 10_000) {
      const found = mails.find(predicate);
      if (found !== undefined) return Promise.resolve(found);
      return new Promise<SinkMail>((resolve, reject) => {
        const timer = setTimeout(() => {
          watchers.delete(watch);
          reject(new Error(`No such mail within ${timeoutMs} ms; ${mails.length} others came.`));
        }, timeoutMs);
        const watch = (mail: SinkMail) => {
          if (!predicate(mail)) return;
          clearTimeout(timer);
          watchers.delete(watch);
          resolve(mail);
        };
        watchers.add(watch);
      });
    },
    close: async () => {
      answerWaiting();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function readMail(stream: Readable): Promise<Pick<SinkMail, 'headers' | 'raw' | 'subject' | 'text'>> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const parsed = await simpleParser(raw, { skipImageLinks: true });
  const headers: Record<string, string> = {};
  for (const { key, line } of parsed.headerLines) headers[key] ??= unfold(line);
  return {
    raw: raw.toString('utf8'),
    headers,
    subject: parsed.subject ?? '',
    text: (parsed.text ?? '').trim(),
  };
}

/** RFC 5322 2.2.3: a folded header is the same header without its line breaks. */
function unfold(line: string): string {
  return line
    .slice(line.indexOf(':') + 1)
    .replace(/\r?\n(?=[ \t])/g, '')
    .trim();
}
