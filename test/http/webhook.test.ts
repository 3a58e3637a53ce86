import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeBody } from '../../src/sweego/describe-body.ts';
import { parseSigningSecret } from '../../src/sweego/signature.ts';
import { documentedEvents } from '../fixtures/outbound-events.ts';
import { nonAscii, symfonyDelivered } from '../fixtures/signed-requests.ts';
import {
  inboundSecret,
  now,
  openIntake,
  outboundSecret,
  signedRequest,
  storedBodies,
} from '../support/bridge/intake.ts';

const outbound = '/sweego/webhook/outbound';
const inbound = '/sweego/webhook/inbound';
const event = JSON.stringify(documentedEvents[1]);

describe('a signed webhook', () => {
  it('is on disk, byte for byte and with the id of its secret, before the answer 200', async () => {
    const { app, inbox } = await openIntake();
    const response = await app.request(outbound, await signedRequest(event));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
    expect(await storedBodies(inbox)).toEqual([{ body: event, secretId: 'server:1:outbound' }]);
  });

  it.each([
    ['escapes', '{"a":"\\u00e9","b":1.0}'],
    ['a key twice', '{"a":1,"a":2}'],
    ['a trailing newline', '{"a":1}\n'],
    ['a byte order mark', '\uFEFF{"a":1}'],
    ['odd spacing', '{ "a" :\t1 }\r\n'],
    ['non-ASCII text', '{"subject":"Réponse 🙂"}'],
  ])('with %s is verified by its raw bytes and stored unchanged', async (_, body) => {
    const { app, inbox } = await openIntake();
    expect((await app.request(outbound, await signedRequest(body))).status).toBe(200);
    expect((await storedBodies(inbox)).map((stored) => stored.body)).toEqual([body]);
  });

  it.each([symfonyDelivered, nonAscii])('of $source is accepted', async (vector) => {
    const { app } = await openIntake({
      secretsFor: () => [parseSigningSecret('environment:1', vector.secret)],
      now: () => new Date(Number(vector.timestamp) * 1000),
    });
    const headers = {
      'webhook-id': vector.webhookId,
      'webhook-timestamp': vector.timestamp,
      'webhook-signature': vector.signature,
    };
    const request = { method: 'POST', headers, body: vector.body };
    expect((await app.request(inbound, request)).status).toBe(200);
    expect((await app.request(inbound, { ...request, body: vector.body.trim() + ' ' })).status).toBe(401);
  });

  it.each([
    ['an empty object', '{}'],
    ['an empty body', ''],
    ['a test ping', '{"event":"test","message":"Hello from Sweego"}'],
    ['no JSON', 'hello'],
    ['an unknown type', '{"event_type":"email_teleported","swg_uid":"01-a"}'],
    ['an empty list', '[]'],
  ])('of %s is stored and visible, never refused', async (_, body) => {
    const { app, inbox } = await openIntake();
    expect((await app.request(outbound, await signedRequest(body))).status).toBe(200);
    await storedBodies(inbox);
    expect(await inbox.list({})).toHaveLength(1);
  });

  it('is stored with any bytes, and never answered with an error', async () => {
    const { app, inbox } = await openIntake();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((json) => Buffer.from(json)),
        ),
        async (body) => {
          count += 1;
          const request = await signedRequest(body, { webhookId: `w-${count}` });
          expect((await app.request(outbound, request)).status).toBe(200);
          expect((await inbox.status()).unclaimed).toBe(count);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('sent 50 times at once is answered 50 times and has one effect', async () => {
    const { app, inbox } = await openIntake();
    const request = await signedRequest(event);
    const responses = await Promise.all(
      Array.from({ length: 50 }, async () => app.request(outbound, request)),
    );
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await storedBodies(inbox)).toHaveLength(1);
  });

  it('sent again 30 hours later under new ids still has one effect', async () => {
    const { app, inbox } = await openIntake();
    await app.request(outbound, await signedRequest(event));
    const later = { webhookId: 'w-2', timestamp: now.getTime() / 1000 - 108_000 };
    expect((await app.request(outbound, await signedRequest(event, later))).status).toBe(200);
    expect(await storedBodies(inbox)).toHaveLength(1);
  });

  it('with sent, delivered and opened of one mail has three effects', async () => {
    const { app, inbox } = await openIntake();
    const types = ['email_sent', 'delivered', 'email_opened'];
    for (const [index, type] of types.entries()) {
      const body = {
        ...documentedEvents[1],
        event_type: type,
        event_id: `e${index}`,
        timestamp: '2026-03-01T11:00:00',
      };
      const request = await signedRequest(JSON.stringify(body), { webhookId: `w-${index}` });
      expect((await app.request(outbound, request)).status).toBe(200);
    }
    expect(await storedBodies(inbox)).toHaveLength(3);
  });

  it('with a list of a hundred, one of them malformed, becomes a hundred entries', async () => {
    const { app, inbox } = await openIntake();
    const list = Array.from({ length: 100 }, (_, index) =>
      index === 41 ? 'oops' : { ...documentedEvents[1], event_id: `e${index}`, swg_uid: `01-${index}` },
    );
    expect((await app.request(outbound, await signedRequest(JSON.stringify(list)))).status).toBe(200);
    expect(await storedBodies(inbox)).toHaveLength(100);
  });
});

describe('an unsigned or badly signed request', () => {
  it.each([
    ['without webhook-id', { 'webhook-id': undefined }],
    ['without webhook-timestamp', { 'webhook-timestamp': undefined }],
    ['without webhook-signature', { 'webhook-signature': undefined }],
    ['with an empty signature', { 'webhook-signature': '' }],
    ['with three characters for a signature', { 'webhook-signature': 'abc' }],
    ['with a signature that is no base64', { 'webhook-signature': '?'.repeat(44) }],
    ['with a changed id', { 'webhook-id': 'w-2' }],
    ['with a changed time', { 'webhook-timestamp': '1772366399' }],
    [
      'with a hex signature in X-Sweego-Signature alone',
      { 'webhook-signature': undefined, 'x-sweego-signature': 'ab'.repeat(32) },
    ],
  ])('%s is refused with 401 and stores nothing', async (_, changes) => {
    const { app, inbox } = await openIntake();
    const request = await signedRequest(event);
    const headers = Object.entries({ ...request.headers, ...changes }).filter(
      ([, value]) => value !== undefined,
    );
    const response = await app.request(outbound, { ...request, headers: headers as [string, string][] });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ status: 'refused' });
    expect(await inbox.status()).toMatchObject({ unclaimed: 0 });
  });

  it('signed with the other endpoint’s secret is refused', async () => {
    const { app } = await openIntake();
    expect((await app.request(inbound, await signedRequest(event, { secret: outboundSecret }))).status).toBe(
      401,
    );
    expect((await app.request(inbound, await signedRequest(event, { secret: inboundSecret }))).status).toBe(
      200,
    );
    expect((await app.request(outbound, await signedRequest(event, { secret: inboundSecret }))).status).toBe(
      401,
    );
  });

  it.each([
    ['two days old', -172_800, 200],
    ['older', -172_801, 401],
    ['five minutes ahead', 300, 200],
    ['further ahead', 301, 401],
  ])('a signature %s has its answer', async (_, offset, status) => {
    const { app } = await openIntake();
    const request = await signedRequest(event, { timestamp: now.getTime() / 1000 + offset });
    expect((await app.request(outbound, request)).status).toBe(status);
  });

  it('six minutes old is refused when the tolerance is five minutes', async () => {
    const { app } = await openIntake({ toleranceSeconds: 300 });
    const request = await signedRequest(event, { timestamp: now.getTime() / 1000 - 360 });
    expect((await app.request(outbound, request)).status).toBe(401);
  });
});

describe('secrets that change', () => {
  it('two valid secrets are accepted and the used one is recorded; a removed one is refused', async () => {
    const { app, inbox, secrets } = await openIntake();
    const previous = parseSigningSecret('server:1:outbound:previous', nonAscii.secret.replace('M', 'N'));
    secrets.outbound.push(previous);
    const secret = previous.key.export().toString('base64');
    expect((await app.request(outbound, await signedRequest('{}', { secret }))).status).toBe(200);
    expect((await storedBodies(inbox))[0]?.secretId).toBe('server:1:outbound:previous');
    secrets.outbound.pop();
    expect((await app.request(outbound, await signedRequest('{}', { secret }))).status).toBe(401);
  });

  it('a secret that is new in Odoo is read once', async () => {
    let asked = 0;
    const known: ReturnType<typeof parseSigningSecret>[] = [];
    const { app } = await openIntake({
      secretsFor: () => known,
      refreshSecrets: async () => {
        asked += 1;
        known.push(parseSigningSecret('server:1:outbound', outboundSecret));
      },
    });
    const request = await signedRequest(event);
    expect((await app.request(outbound, request)).status).toBe(200);
    expect((await app.request(outbound, request)).status).toBe(200);
    expect(asked).toBe(1);
  });

  it('the answer is 503 before any secret is known, so that Sweego tries again', async () => {
    const { app, lines } = await openIntake({
      secretsFor: () => [],
      refreshSecrets: () => Promise.reject(new Error('connect ECONNREFUSED')),
    });
    const response = await app.request(outbound, await signedRequest(event));
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: 'refused', error: 'not configured yet' });
    expect(lines.join('')).toContain('webhook secrets could not be refreshed');
  });
});

describe('limits and failures', () => {
  it.each([
    [outbound, 1_000_000, outboundSecret],
    [inbound, 40_000_000, inboundSecret],
  ])('%s accepts %d bytes and not one more', async (path, limit, secret) => {
    const { app, inbox } = await openIntake();
    const body = Buffer.alloc(limit + 1, 0x20);
    const atLimit = await signedRequest(body.subarray(0, limit), { secret });
    const unsized = new Headers((await signedRequest(body, { secret })).headers);
    unsized.delete('content-length');
    expect((await app.request(path, atLimit)).status).toBe(200);
    expect((await app.request(path, await signedRequest(body, { secret }))).status).toBe(413);
    expect((await app.request(path, { method: 'POST', headers: unsized, body })).status).toBe(413);
    const lying = new Headers([...unsized, ['content-length', '10']]);
    expect((await app.request(path, { method: 'POST', headers: lying, body })).status).toBe(413);
    expect(await inbox.status()).toMatchObject({ unclaimed: 1 });
  });

  it('when the inbox cannot write the answer is 503, so that Sweego tries again', async () => {
    const { app, inbox, lines } = await openIntake();
    await inbox.close();
    const response = await app.request(outbound, await signedRequest(event));
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: 'refused', error: 'cannot store now' });
    expect(lines.join('')).toContain('INBOX_');
  });

  it('another method is refused with 405 and Allow, an unknown path with 404', async () => {
    const { app } = await openIntake();
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await app.request(outbound, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST');
    }
    const unknown = await app.request('/sweego/webhook/sideways', { method: 'POST' });
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toEqual({ status: 'refused', error: 'not found' });
  });
});

describe('answers and log lines', () => {
  it('show no secret, no signature and no body', async () => {
    const { app, lines, inbox } = await openIntake();
    const good = await signedRequest(event);
    const bad = await signedRequest(event, { secret: inboundSecret });
    const requests = [
      good,
      bad,
      await signedRequest(event, { timestamp: 1 }),
      { ...good, headers: { ...good.headers, 'webhook-id': outboundSecret.repeat(3) } },
      { ...good, body: new Uint8Array(1_000_001) },
      { method: 'GET' },
    ];
    const answers: string[] = [];
    for (const request of requests) {
      const response = await app.request(outbound, request);
      answers.push(await response.text(), JSON.stringify([...response.headers]));
    }
    await inbox.claim({ kinds: ['outbound'], limit: 10, now, describe: describeBody });
    answers.push(await (await app.request('/readyz')).text());
    const written = [...answers, ...lines].join('\n');
    expect(lines.length).toBeGreaterThanOrEqual(5);
    for (const hidden of [
      outboundSecret,
      inboundSecret,
      '0123456789abcdef',
      good.headers['webhook-signature'],
      bad.headers['webhook-signature'],
      'customer@example.com',
    ]) {
      expect(written).not.toContain(hidden);
    }
  });
});
