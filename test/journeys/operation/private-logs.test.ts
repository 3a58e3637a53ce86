import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { signWebhook } from '../../../demo/stand-in-sweego.ts';
import { startSweegoApi } from '../../../demo/sweego-api.ts';
import { openBridge } from '../../../src/bridge/bridge.ts';
import { runInboxDiscard } from '../../../src/commands/inbox/discard.ts';
import { runInboxErase } from '../../../src/commands/inbox/erase.ts';
import { runInboxList } from '../../../src/commands/inbox/list.ts';
import { runInboxReplay } from '../../../src/commands/inbox/replay.ts';
import { runInboxShow } from '../../../src/commands/inbox/show.ts';
import { parseServeConfig } from '../../../src/config.ts';
import type { EntrySummary } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { createLog } from '../../../src/log.ts';
import { openStandIn, outboundSecret } from '../../demo/open-stand-in.ts';
import { inboundSecret } from '../../support/bridge/intake.ts';

const environmentSecret = Buffer.alloc(48, 'secret of the environment').toString('base64');
const strangerSecret = Buffer.alloc(48, 'stranger').toString('base64');
const sweegoApiKey = 'key-of-sweego-4711';
const adminToken = 'token-of-the-administrator';
const subject = 'Subject about Zebras';
const text = 'Text about Giraffes';

/** All that must not be in a log, whatever its source: any address, names, contents, and every secret. */
const privateWords = [/[\w.+-]+@[\w-]+\.[\w.]+/, /zebra|giraffe|quagga/i, /\bann\b|\bbob\b|carl/i];

/** A proxy before Odoo that can refuse every call with an exception that quotes the call's input. */
async function openQuotingFront(odooUrl: string) {
  let isQuoting = false;
  const server = createServer((incoming, outgoing) => {
    if (isQuoting) {
      const message = `${subject} of ann@example.com: ${text}`;
      outgoing.writeHead(422, { 'content-type': 'application/json' });
      outgoing.end(
        JSON.stringify({
          name: 'odoo.exceptions.ValidationError',
          message,
          arguments: [message],
          context: {},
          debug: `Traceback\n${message}`,
        }),
      );
      return;
    }
    const { method = 'GET', headers, url = '/' } = incoming;
    const forwarded = request(new URL(url, odooUrl), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    quote: (on: boolean) => void (isQuoting = on),
  };
}

async function openJourney() {
  const directory = await mkdtemp(join(tmpdir(), 'private-'));
  const odoo = await openStandIn();
  const front = await openQuotingFront(odoo.standIn.url);
  const api = await startSweegoApi();
  onTestFinished(() => api.close());
  const env = {
    ODOO_URL: front.url,
    ODOO_DATABASE: odoo.standIn.database,
    ODOO_API_KEY: odoo.standIn.bridgeApiKey,
    DATABASE_URL: `file:${join(directory, 'inbox.sqlite')}`,
    HOST: '127.0.0.1',
    PORT: '0',
    SWEEGO_INBOUND_SECRETS: inboundSecret,
    SWEEGO_OUTBOUND_SECRETS: environmentSecret,
    SWEEGO_API_URL: api.url,
    SWEEGO_API_KEY: sweegoApiKey,
    SWEEGO_CLIENT_UUID: api.clientUuid,
    ADMIN_TOKEN: adminToken,
    LOG_LEVEL: 'trace',
  };
  const config = parseServeConfig({ env, readFile: () => '' });
  const logged: string[] = [];
  const printed: string[] = [];
  const now = () => new Date();
  const log = createLog({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => logged.push(line),
    now,
    secrets: config.secrets,
  });
  const inbox = await openInbox(config.databaseUrl);
  onTestFinished(async () => {
    await inbox.close();
    await odoo.close();
    await rm(directory, { recursive: true });
  });
  const operator = { now, out: (line: string) => void printed.push(line), log };
  return { odoo, front, config, inbox, logged, printed, log, now, operator };
}

/** Waits until the condition holds; the test's time limit ends the wait. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(30);
}

it('no address, subject, body or secret gets into a log or onto an operator’s screen in a whole journey', async () => {
  const { odoo, front, config, inbox, logged, printed, log, now, operator } = await openJourney();
  const ann = await odoo.mails.createContact('Ann Example', 'ann@example.com');
  const order = await odoo.mails.createOrder(ann);
  const { messageId } = await odoo.mails.postMessage(order.id, [ann], { body: text });
  const other = await odoo.mails.postMessage(order.id, [ann], { body: text });
  await odoo.mails.createMailServer({
    name: 'Quagga',
    smtp_host: '127.0.0.1',
    smtp_port: 1,
    x_sweego_enabled: true,
    x_sweego_outbound_webhook_secret: 'whsec_secret-of-a-quagga',
  });
  const bridge = await openBridge(config, { now, log, graceMs: 500 });

  let events = 0;
  const event = (type: string, changes: Readonly<Record<string, unknown>> = {}) => ({
    event_type: type,
    event_id: `event-${(events += 1)}`,
    swg_uid: '01-a',
    recipient: 'ann@example.com',
    timestamp: now().toISOString(),
    subject,
    headers: { 'x-message-id': messageId, 'x-subject': subject },
    details: `REJECTED to=<ann@example.com> (550 5.1.1 <ann@example.com> unknown: ${text})`,
    ...changes,
  });
  async function send(body: unknown, { secret = outboundSecret, path = 'sweego/webhook/outbound' } = {}) {
    const content = typeof body === 'string' ? body : JSON.stringify(body);
    const { headers } = signWebhook(content, secret, now());
    return (await fetch(`${bridge.url}/${path}`, { method: 'POST', headers, body: content })).status;
  }
  const find = async (test: (entry: EntrySummary) => boolean) => (await inbox.list({})).find(test);
  const untilNothingIsDue = () =>
    until(async () => {
      const { unclaimed, states } = await inbox.status();
      const due = await inbox.list({ states: ['received'], kinds: ['outbound'] });
      return unclaimed + states.claimed + due.length === 0;
    });

  expect(await send(event('email_sent'))).toBe(200);
  expect(await send(event('hard_bounce'))).toBe(200);
  expect(
    await send(event('complaint', { swg_uid: '01-c', headers: { 'x-message-id': other.messageId } }), {
      secret: environmentSecret,
    }),
  ).toBe(200);
  expect(await send(event('delivered', { recipient: 'bob@example.com', swg_uid: '01-b' }))).toBe(200);
  expect(await send(event('delivered', { headers: {} }))).toBe(200);
  expect(await send([event('ann@example.com'), text, { event_type: { text } }])).toBe(200);
  expect(await send(`${text} of ann@example.com`)).toBe(200);
  expect(await send(event('delivered', { headers: { 'x-message-id': '<zebra@odoo.example.com>' } }))).toBe(
    200,
  );
  expect(await send(event('delivered'), { secret: strangerSecret })).toBe(401);
  expect(await send(event('delivered'), { path: 'unsubscribe/ann@example.com' })).toBe(404);
  expect(
    await send(
      {
        event_type: 'email_inbound',
        swg_uid: '04-a',
        from_: { email: 'carl@example.com' },
        to: [],
        subject,
        text,
      },
      { secret: inboundSecret, path: 'sweego/webhook/inbound' },
    ),
  ).toBe(200);
  const reply = {
    event_type: 'email_inbound',
    from_: { email: 'ann@example.com', name: 'Ann Example' },
    subject,
    text,
    headers: { 'in-reply-to': messageId, 'x-mailer': text, references: '<zebra@odoo.example.com>' },
  };
  const inbound = { secret: inboundSecret, path: 'sweego/webhook/inbound' };
  const damaged = 'reply+322d7a65627261.00000000@reply.example.com';
  expect(await send({ ...reply, swg_uid: '04-b', to: [damaged, 'zebra@example.com'] }, inbound)).toBe(200);
  const attachments = [{ uuid: 'giraffe', name: 'giraffe of ann@example.com.pdf' }];
  expect(await send({ ...reply, swg_uid: '04-c', to: [damaged], attachments }, inbound)).toBe(200);
  const unlocated = [{ name: 'giraffe of ann@example.com.pdf' }];
  expect(await send({ ...reply, swg_uid: '04-d', to: [], attachments: unlocated }, inbound)).toBe(200);
  const loop = { 'x-zone-loop': text, 'x-mailer': 'Sweego' };
  expect(await send({ ...reply, swg_uid: '04-e', to: [], headers: loop }, inbound)).toBe(200);
  await until(async () => (await inbox.status()).states.parked >= 6);
  await untilNothingIsDue();

  await odoo.standIn.setCondition('gone');
  expect(await send(event('email_opened'))).toBe(200);
  await until(async () => logged.join('').includes('Odoo is unavailable'));
  await odoo.standIn.setCondition('working');
  await until(async () => logged.filter((line) => line.includes('"Odoo answers"')).length === 2);
  await untilNothingIsDue();

  front.quote(true);
  expect(await send(event('email_clicked'))).toBe(200);
  await until(async () => (await find(({ reason }) => reason.startsWith('ODOO_VALIDATION'))) !== undefined);
  await bridge.close();

  const parked = (await find(({ state }) => state === 'parked'))?.id ?? 0;
  const usual = { ids: [], limit: 100, dryRun: false, json: false };
  await runInboxList(config, { limit: 100, json: false }, operator);
  await runInboxShow(config, parked, { json: false, body: false }, operator);
  await expect(runInboxReplay(config, { ...usual, states: ['parked'] }, operator)).rejects.toMatchObject({
    code: 'INBOX_REPLAY_UNFINISHED',
  });
  front.quote(false);
  await expect(runInboxReplay(config, { ...usual, states: ['waiting'] }, operator)).rejects.toMatchObject({
    code: 'INBOX_REPLAY_UNFINISHED',
  });
  await runInboxDiscard(config, { ...usual, recipient: 'bob@example.com', reason: 'test' }, operator);
  await runInboxErase(config, { recipient: 'ann@example.com', dryRun: false, json: true }, operator);

  const wholeLog = logged.join('');
  for (const message of [
    'webhook stored',
    'webhook refused',
    'entry parked',
    'Odoo answers',
    'marked undelivered',
    'complained of spam',
    'secret is not usable',
    'reply is in Odoo',
    'invalid inbound token signature',
    'failed to download attachment',
    'Sweego API cannot be used for a reply',
    'SWEEGO_API_KEY_REFUSED',
  ]) {
    expect(wholeLog).toContain(message);
  }
  const shown = wholeLog + printed.join('\n');
  for (const pattern of privateWords) expect(shown).not.toMatch(pattern);
  const secrets = [outboundSecret, inboundSecret, environmentSecret, strangerSecret, 'whsec_', sweegoApiKey];
  for (const secret of [...secrets, adminToken, odoo.standIn.bridgeApiKey]) {
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain(Buffer.from(secret, 'base64').toString());
  }
  const body = (await inbox.find((await find(({ isErased }) => isErased))?.id ?? 0))?.body;
  expect(body).toHaveLength(0);
}, 60_000);
