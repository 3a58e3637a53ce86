import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startStandInSweego } from '../../demo/stand-in-sweego.ts';
import type { StandInSweego } from '../../demo/stand-in-sweego.ts';

const secret = Buffer.alloc(48, 'sweego secret').toString('base64');
const at = new Date('2026-03-04T05:06:07Z');
const received: { headers: Record<string, unknown>; body: string }[] = [];
let endpoint: ReturnType<typeof createServer>;
let sweego: StandInSweego;

beforeEach(async () => {
  received.length = 0;
  endpoint = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.end('{"status":"ok"}');
    });
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  const { port } = endpoint.address() as AddressInfo;
  sweego = await startStandInSweego({ secret, webhookUrl: `http://127.0.0.1:${port}/` });
});
afterEach(async () => {
  await sweego.close();
  await new Promise((resolve) => endpoint.close(resolve));
});

async function submit(to: string[], messageId = '<a@odoo.example.com>'): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: sweego.smtp.port, ignoreTLS: true });
  await transport.sendMail({
    from: 'Sales <sales@shop.example.com>',
    to,
    subject: 'Été',
    text: 'Bonjour',
    headers: { 'X-Message-Id': { prepared: true, value: `\r\n ${messageId}` } },
  });
  transport.close();
}

test('reports a recorded mail with its own headers, signed over the bytes that are sent', async () => {
  await submit(['Ann@example.com']);
  const mail = await sweego.waitForMail((one) => one.recipient === 'ann@example.com');
  expect(mail).toMatchObject({ subject: 'Été', text: 'Bonjour' });
  const answer = await sweego.sendEvent({
    type: 'hard_bounce',
    mail,
    at,
    smtpAnswer: '550 5.1.1 user unknown',
  });
  expect(answer).toEqual({ status: 200, body: '{"status":"ok"}' });

  const [request] = received;
  const { uid, transactionId } = sweego.submissionOf(mail);
  expect(JSON.parse(request?.body ?? '')).toMatchObject({
    event_type: 'hard_bounce',
    timestamp: '2026-03-04T05:06:07+00:00',
    swg_uid: uid,
    transaction_id: transactionId,
    recipient: 'ann@example.com',
    domain_from: 'shop.example.com',
    response_code: 550,
    headers: { 'x-message-id': '<a@odoo.example.com>', 'x-transaction-id': transactionId },
  });
  const { 'webhook-id': id, 'webhook-timestamp': seconds } = request?.headers ?? {};
  expect(seconds).toBe('1772600767');
  const signature = createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(`${String(id)}.${String(seconds)}.${request?.body ?? ''}`)
    .digest('base64');
  expect(request?.headers['webhook-signature']).toBe(signature);
});

test('gives each recipient of a mail a submission of its own, and a new one after a retry', async () => {
  await submit(['ann@example.com', 'bob@example.com']);
  const ann = await sweego.waitForMail((one) => one.recipient === 'ann@example.com');
  const bob = await sweego.waitForMail((one) => one.recipient === 'bob@example.com');
  expect(sweego.smtp.mails).toHaveLength(2);
  const first = sweego.submissionOf(ann).uid;
  expect(sweego.submissionOf(bob).uid).not.toBe(first);
  sweego.createEvent({ type: 'delivered', mail: ann, at });
  expect(sweego.submissionOf(ann).uid).toBe(first);
  sweego.createEvent({ type: 'delivered', mail: ann, at, isNewSubmission: true });
  expect(sweego.submissionOf(ann).uid).not.toBe(first);
});

test('sends the same webhook again with the same id and bytes', async () => {
  await submit(['ann@example.com']);
  const webhook = sweego.createEvent({ type: 'delivered', mail: await sweego.waitForMail(() => true), at });
  await sweego.send(webhook);
  await sweego.send(webhook);
  expect(received).toHaveLength(2);
  expect(received[0]?.body).toBe(received[1]?.body);
  expect(received[0]?.headers['webhook-id']).toBe(received[1]?.headers['webhook-id']);
});

test('delays the SMTP answer to a mail by the delay that was set', async () => {
  sweego.smtp.setDelay(60_000);
  const submitted = submit(['ann@example.com']);
  await sweego.waitForMail(() => true);
  expect(sweego.smtp.inTransit()).toBe(1);
  await sweego.smtp.close();
  await submitted.catch(() => undefined);
  expect(sweego.smtp.inTransit()).toBe(0);
});

test('refuses a recipient with the code that was set', async () => {
  sweego.smtp.setRefusal('ann@example.com', { code: 550, text: 'No such user' });
  await expect(submit(['ann@example.com'])).rejects.toMatchObject({ responseCode: 550 });
  expect(sweego.smtp.mails).toEqual([]);
});
