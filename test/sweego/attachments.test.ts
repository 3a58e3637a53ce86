import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSweegoApi } from '../../demo/sweego-api.ts';
import type { SweegoApiStandIn } from '../../demo/sweego-api.ts';
import { openHttpRequest } from '../../src/http-client.ts';
import type { HttpRequest, OpenHttpRequest } from '../../src/http-client.ts';
import { longestAttachmentBytes, readAttachment } from '../../src/sweego/attachments.ts';
import type { AttachmentLocation } from '../../src/sweego/inbound-attachment.ts';
import { expectRefusal } from '../support/expect-refusal.ts';
import { sha256 } from '../support/mails/reply-sources.ts';

let sweego: SweegoApiStandIn;
beforeEach(async () => {
  sweego = await startSweegoApi();
});
afterEach(() => sweego.close());

async function read(location: AttachmentLocation, send: OpenHttpRequest = openHttpRequest, changes = {}) {
  const chunks: Uint8Array[] = [];
  const api = { ...sweego, ...changes };
  for await (const chunk of readAttachment({ openHttpRequest: send }, api, location)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('an attachment announced by uuid', () => {
  it('arrives byte for byte, in pieces', async () => {
    const bytes = randomBytes(3_000_000);
    const uuid = sweego.addAttachment(bytes);
    expect(sha256(await read({ uuid }))).toBe(sha256(bytes));
    expect(sweego.requests).toEqual([
      `GET /clients/${sweego.clientUuid}/domains/inbound/attachments/${uuid}`,
    ]);
  });

  it('is missing for good when it no longer exists at Sweego', async () => {
    const uuid = sweego.addAttachment(Buffer.from('x'));
    sweego.removeAttachment(uuid);
    const gone = { code: 'SWEEGO_NOT_FOUND', retry: 'never', scope: 'entry', says: /UUID/ } as const;
    await expectRefusal(read({ uuid }), gone);
    for (const status of [404, 410, 422]) {
      sweego.failNext(status);
      await expectRefusal(read({ uuid }), { ...gone, details: { call: 'attachment', status } });
    }
  });

  it.each([500, 502, 503, 429, 408, 302])('is retried after %i', async (status) => {
    const uuid = sweego.addAttachment(Buffer.from('x'));
    sweego.failNext(status);
    await expectRefusal(read({ uuid }), {
      code: 'SWEEGO_UNAVAILABLE',
      retry: 'later',
      scope: 'sweego',
      says: /tried again/,
    });
    expect(await read({ uuid })).toEqual(Buffer.from('x'));
  });

  it('does not fail its entry while Sweego refuses the key or is unavailable', async () => {
    const uuid = sweego.addAttachment(Buffer.from('x'));
    await expectRefusal(read({ uuid }, openHttpRequest, { apiKey: 'wrong' }), {
      code: 'SWEEGO_API_KEY_REFUSED',
      retry: 'later',
      scope: 'sweego',
      says: /SWEEGO_API_KEY/,
    });
    await sweego.close();
    await expectRefusal(read({ uuid }), {
      code: 'SWEEGO_UNREACHABLE',
      retry: 'later',
      scope: 'sweego',
      says: /SWEEGO_API_URL/,
      details: { call: 'attachment', failure: 'connect' },
    });
  });

  it('is retried after an interruption, and refused before reading when it is too large', async () => {
    let size = longestAttachmentBytes + 1;
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': size }).write('begun');
      setTimeout(() => response.destroy(), 20);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const tooLarge = {
      code: 'SWEEGO_ANSWER_TOO_LARGE',
      retry: 'never',
      scope: 'entry',
      says: /another way/,
    } as const;
    await expectRefusal(read({ uuid: 'a' }, openHttpRequest, { url }), tooLarge);
    size = 100;
    await expectRefusal(read({ uuid: 'a' }, openHttpRequest, { url }), {
      code: 'SWEEGO_UNREACHABLE',
      retry: 'later',
      scope: 'sweego',
      says: /network/,
      details: { failure: 'reset' },
    });
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(['../../../../api/keys', '..', '', 'a/b?c#d'])(
    'never requests another path for the uuid %j',
    async (uuid) => {
      await expect(read({ uuid })).rejects.toMatchObject({ code: 'SWEEGO_NOT_FOUND' });
      const prefix = `GET /clients/${sweego.clientUuid}/domains/inbound/attachments/`;
      for (const request of sweego.requests) {
        expect(request.slice(prefix.length)).toBe(encodeURIComponent(uuid));
      }
    },
  );
});

describe('an attachment announced by URL', () => {
  const url = 'https://files.sweego.io/a.pdf?x=1';

  it('is fetched without the key, from public addresses only', async () => {
    const { send, sent } = answering([{ status: 200, body: 'bytes' }]);
    expect((await read({ url }, send)).toString()).toBe('bytes');
    expect(sent).toMatchObject([
      { url, publicAddressesOnly: true, headers: { accept: 'application/octet-stream' } },
    ]);
    expect(JSON.stringify(sent)).not.toContain(sweego.apiKey);
  });

  it('may redirect within Sweego, but to no other host', async () => {
    const moved = { status: 302, location: '/b.pdf' };
    const within = answering([moved, { status: 200, body: 'bytes' }]);
    expect((await read({ url }, within.send)).toString()).toBe('bytes');
    expect(within.sent.map((request) => request.url)).toEqual([url, 'https://files.sweego.io/b.pdf']);
    const redirected = answering([{ status: 307, location: 'https://evil.example.com/' }]);
    await expect(read({ url }, redirected.send)).rejects.toMatchObject({ code: 'SWEEGO_URL_REFUSED' });
    expect(redirected.sent).toHaveLength(1);
    const around = answering(Array.from({ length: 10 }, () => moved));
    await expect(read({ url }, around.send)).rejects.toMatchObject({ code: 'SWEEGO_URL_REFUSED' });
    expect(around.sent).toHaveLength(4);
  });

  it.each([
    'http://files.sweego.io/a.pdf',
    'https://evil.example.com/a.pdf',
    'https://evilsweego.io/a.pdf',
    'https://sweego.io.evil.example.com/',
    'https://sweego.io@evil.example.com/',
    'https://user:secret@files.sweego.io/a.pdf',
    'https://files.sweego.io:8443/a.pdf',
    'https://127.0.0.1/a.pdf',
    'https://[::1]/a.pdf',
    'https://localhost/a.pdf',
    'file:///etc/passwd',
    'a.pdf',
    '',
  ])('is not fetched from %j', async (bad) => {
    const { send, sent } = answering([]);
    await expectRefusal(read({ url: bad }, send), {
      code: 'SWEEGO_URL_REFUSED',
      retry: 'never',
      scope: 'entry',
      says: /another way/,
    });
    expect(sent).toEqual([]);
  });

  it('is not fetched when an allowed name resolves to a private address', async () => {
    const send: OpenHttpRequest = async () => ({
      failure: 'connect',
      maybeSent: false,
      reason: 'EPRIVATE',
      cause: undefined,
    });
    await expect(read({ url }, send)).rejects.toMatchObject({ code: 'SWEEGO_URL_REFUSED' });
  });
});

/** Answers in order, and fails on an extra request. */
function answering(answers: readonly { status: number; body?: string; location?: string }[]) {
  const sent: HttpRequest[] = [];
  const send: OpenHttpRequest = async (request) => {
    const answer = answers[sent.length];
    sent.push(request);
    if (answer === undefined) throw new Error(`unexpected request to ${request.url}`);
    return {
      status: answer.status,
      headers: answer.location === undefined ? {} : { location: answer.location },
      body: (async function* () {
        yield Buffer.from(answer.body ?? '');
      })(),
      discard: () => undefined,
    };
  };
  return { send, sent };
}
