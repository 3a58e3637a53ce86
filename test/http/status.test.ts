import { describe, expect, it } from 'vitest';
import type { Readiness } from '../../src/http/status.ts';
import { openIntake, signedRequest, storedBodies } from '../support/bridge/intake.ts';

const ready: Readiness = {
  isInboxWritable: true,
  areSettingsKnown: true,
  odoo: { state: 'up' },
  inbox: undefined,
};

describe('/healthz', () => {
  it('answers while the process runs, and accepts only GET and HEAD', async () => {
    const { app } = await openIntake();
    const response = await app.request('/healthz');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
    expect((await app.request('/healthz', { method: 'HEAD' })).status).toBe(200);
    const post = await app.request('/healthz', { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('/readyz', () => {
  it('reports the counts of the inbox', async () => {
    const { app } = await openIntake();
    await app.request('/sweego/webhook/outbound', await signedRequest('{}'));
    const response = await app.request('/readyz');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ready',
      inbox: {
        writable: true,
        unclaimed: 1,
        states: { received: 0, claimed: 0, waiting: 0, settled: 0, parked: 0 },
        oldest_open_at: '2026-03-01T12:00:00.000Z',
      },
      settings: { known: true },
      secrets: [],
      odoo: { state: 'up' },
    });
  });

  it('names the ids of used secrets, with the time of their last use', async () => {
    const { app, inbox } = await openIntake();
    await app.request('/sweego/webhook/outbound', await signedRequest('{}'));
    await storedBodies(inbox);
    const { secrets } = (await (await app.request('/readyz')).json()) as { secrets: unknown };
    expect(secrets).toEqual([
      { id: 'server:1:outbound', direction: 'outbound', last_used_at: '2026-03-01T12:00:00.000Z' },
    ]);
  });

  it.each([
    ['Odoo is down', { odoo: { state: 'down', code: 'ODOO_UNREACHABLE' } }, 200],
    ['the inbox cannot write', { isInboxWritable: false }, 503],
    ['settings were never known', { areSettingsKnown: false }, 503],
  ] as const)('when %s it says so', async (_, changes, status) => {
    const { app } = await openIntake({ readiness: async () => ({ ...ready, ...changes }) });
    const response = await app.request('/readyz');
    expect(response.status).toBe(status);
    const body = await response.text();
    expect(body).toContain(status === 200 ? '"ready"' : '"not ready"');
    expect(body).toContain(JSON.stringify({ ...ready, ...changes }.odoo));
  });
});
