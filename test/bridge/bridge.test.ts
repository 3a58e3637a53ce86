import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SinkMail } from '../../demo/smtp-sink.ts';
import { startStandInSweego } from '../../demo/stand-in-sweego.ts';
import { openBridge } from '../../src/bridge/bridge.ts';
import type { ServeDeps } from '../../src/bridge/bridge.ts';
import { parseServeConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { openStandIn, outboundSecret } from '../demo/open-stand-in.ts';
import { inboundSecret } from '../support/bridge/intake.ts';

/** A bridge in this process, a stand-in Odoo, and an environment that the test may change. */
async function openServe(changes: Record<string, string> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'serve-'));
  const odoo = await openStandIn();
  const env = {
    ODOO_URL: odoo.standIn.url,
    ODOO_DATABASE: odoo.standIn.database,
    ODOO_API_KEY: odoo.standIn.bridgeApiKey,
    DATABASE_URL: `file:${join(directory, 'inbox.sqlite')}`,
    HOST: '127.0.0.1',
    PORT: '0',
    SWEEGO_INBOUND_SECRETS: inboundSecret,
    LOG_LEVEL: 'trace',
    RECONCILE_CRON: '0 0 1 1 *',
    ...changes,
  };
  const config = parseServeConfig({ env, readFile: () => '' });
  const lines: string[] = [];
  const now = () => new Date();
  const log = createLog({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => lines.push(line),
    now,
    secrets: config.secrets,
  });
  const open = (deps: Partial<ServeDeps> = {}) => openBridge(config, { now, log, graceMs: 500, ...deps });
  onTestFinished(async () => {
    await odoo.close();
    await rm(directory, { recursive: true });
  });
  return { odoo, open, lines, directory };
}

async function connectSweego(url: string, secret = outboundSecret) {
  const sweego = await startStandInSweego({ secret, webhookUrl: `${url}/sweego/webhook/outbound` });
  onTestFinished(() => sweego.close());
  return sweego;
}

const readiness = async (url: string) => {
  const response = await fetch(`${url}/readyz`);
  return {
    status: response.status,
    body: (await response.json()) as {
      inbox: { states: Record<string, number> };
      odoo: unknown;
      secrets: { id: string; direction: string; last_used_at: string }[];
    },
  };
};

/** Waits for a condition, until the time limit of the test. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

const mail: SinkMail = {
  recipient: 'customer@example.com',
  headers: {
    from: 'sales@odoo.example.com',
    'x-message-id': '<1.2-openerp-3-sale.order@odoo.example.com>',
  },
  subject: 'Quotation',
  text: 'Here it is.',
  raw: '',
  receivedAt: new Date(),
};

describe('serve', () => {
  it('accepts a webhook signed with the secret from Odoo right after its start', async () => {
    const { open, lines } = await openServe();
    const bridge = await open();
    const sweego = await connectSweego(bridge.url);
    expect(await sweego.sendEvent({ type: 'delivered', mail, at: new Date() })).toEqual({
      status: 200,
      body: '{"status":"ok"}',
    });
    await bridge.close();
    expect(lines.join('')).toContain('bridge stopped');
  });

  it('still accepts webhooks while Odoo is down, reports that, and stays ready', async () => {
    const { open, odoo } = await openServe();
    const bridge = await open();
    const sweego = await connectSweego(bridge.url);
    await until(async () => (await readiness(bridge.url)).status === 200);
    await odoo.standIn.setCondition('gone');
    expect((await sweego.sendEvent({ type: 'delivered', mail, at: new Date() })).status).toBe(200);
    await until(async () =>
      JSON.stringify((await readiness(bridge.url)).body.odoo).includes('ODOO_UNREACHABLE'),
    );
    const { status, body } = await readiness(bridge.url);
    expect(status).toBe(200);
    expect(body.inbox.states['parked']).toBe(0);
    await bridge.close();
  });

  it('keeps accepted webhooks across a restart', async () => {
    const { open, odoo } = await openServe({ SWEEGO_OUTBOUND_SECRETS: outboundSecret });
    await odoo.standIn.setCondition('gone');
    const first = await open();
    const sweego = await connectSweego(first.url);
    expect((await sweego.sendEvent({ type: 'email_opened', mail, at: new Date() })).status).toBe(200);
    await first.close();
    await odoo.standIn.setCondition('working');
    const second = await open();
    await until(async () => {
      const { states } = (await readiness(second.url)).body.inbox;
      return (states['settled'] ?? 0) + (states['waiting'] ?? 0) === 1;
    });
    await second.close();
  });

  it('accepts at once after a restart while Odoo is down, and keeps no secret readable on disk', async () => {
    const { open, odoo, directory, lines } = await openServe();
    await odoo.admin.call({
      model: 'ir.config_parameter',
      method: 'set_param',
      arguments: { key: 'mangono_sweego.api_key', value: 'the-api-key-of-sweego' },
    });
    const first = await open();
    await until(async () => lines.join('').includes('settings snapshot kept'));
    await first.close();
    await odoo.standIn.setCondition('gone');

    const second = await open();
    const sweego = await connectSweego(second.url);
    const stranger = await connectSweego(second.url, inboundSecret);
    expect((await sweego.sendEvent({ type: 'delivered', mail, at: new Date() })).status).toBe(200);
    expect((await stranger.sendEvent({ type: 'delivered', mail, at: new Date() })).status).toBe(503);
    expect((await readiness(second.url)).status).toBe(200);
    const files = await readdir(directory);
    expect(files).toContain('inbox.sqlite-wal');
    for (const file of files) {
      const content = await readFile(join(directory, file), 'latin1');
      for (const hidden of [outboundSecret, 'the-api-key-of-sweego', odoo.standIn.bridgeApiKey]) {
        expect(content.includes(hidden), file).toBe(false);
      }
    }
    await second.close();
  });

  it('refuses with 503 after a restart with another key, because it knows no secret then', async () => {
    const { open, odoo, lines, directory } = await openServe();
    const first = await open();
    await until(async () => lines.join('').includes('settings snapshot kept'));
    await first.close();
    await odoo.standIn.setCondition('gone');
    const other = await openServe({
      DATABASE_URL: `file:${join(directory, 'inbox.sqlite')}`,
      ODOO_URL: odoo.standIn.url,
      ODOO_API_KEY: 'another-key',
    });
    const second = await other.open();
    const sweego = await connectSweego(second.url);
    expect((await sweego.sendEvent({ type: 'delivered', mail, at: new Date() })).status).toBe(503);
    expect(other.lines.filter((line) => line.includes('INBOX_SNAPSHOT_UNUSABLE'))).toHaveLength(1);
    await second.close();
  });

  it('accepts the old and the new secret during a rotation, and only the new one afterwards', async () => {
    const next = Buffer.alloc(48, 'the next secret').toString('base64');
    const { open, odoo } = await openServe();
    const write = async (current: string, previous: string | false) => {
      const [server] = (await odoo.admin.call({
        model: 'ir.mail_server',
        method: 'search_read',
        arguments: { domain: [], fields: ['id'] },
      })) as [{ id: number }];
      await odoo.admin.call({
        model: 'ir.mail_server',
        method: 'write',
        ids: [server.id],
        arguments: {
          vals: {
            x_sweego_outbound_webhook_secret: current,
            x_sweego_previous_outbound_secret: previous,
          },
        },
      });
    };
    await write(next, outboundSecret);
    const during = await open();
    const status = async (url: string, secret: string) => {
      const sweego = await connectSweego(url, secret);
      return (await sweego.sendEvent({ type: 'delivered', mail, at: new Date() })).status;
    };
    expect(await status(during.url, next)).toBe(200);
    expect(await status(during.url, outboundSecret)).toBe(200);
    await until(async () => (await readiness(during.url)).body.secrets.length === 2);
    const used = (await readiness(during.url)).body.secrets;
    expect(used.map(({ id, direction }) => `${direction} ${id}`).sort()).toEqual([
      'outbound server:1:outbound',
      'outbound server:1:outbound:2',
    ]);
    expect(Date.now() - Date.parse(used[0]?.last_used_at ?? '')).toBeLessThan(60_000);
    await during.close();

    await write(next, false);
    const after = await open();
    await until(async () => (await readiness(after.url)).body.odoo !== undefined);
    await until(async () => (await status(after.url, outboundSecret)) === 401);
    expect(await status(after.url, next)).toBe(200);
    await after.close();
  });

  it('stops even if Odoo hangs in the middle of a batch, and parks nothing because of that', async () => {
    const { open, odoo } = await openServe({ SWEEGO_OUTBOUND_SECRETS: outboundSecret });
    const first = await open();
    const sweego = await connectSweego(first.url);
    await until(async () => JSON.stringify((await readiness(first.url)).body.odoo).includes('up'));
    await odoo.standIn.setCondition('hanging');
    expect((await sweego.sendEvent({ type: 'delivered', mail, at: new Date() })).status).toBe(200);
    await until(async () => (await readiness(first.url)).body.inbox.states['claimed'] === 1);
    await first.close();
    const second = await open();
    const { states } = (await readiness(second.url)).body.inbox;
    expect([states['parked'], states['settled']]).toEqual([0, 0]);
    await odoo.standIn.setCondition('working');
    await second.close();
  });

  it('reconciles once at the tick of a slot, and gets no ticks after it was closed', async () => {
    const { open, lines } = await openServe({
      RECONCILE_CRON: '*/30 * * * *',
      SWEEGO_API_URL: 'http://127.0.0.1:9',
    });
    const startedMs = Date.now();
    let at = new Date('2027-01-01T10:10:00Z');
    let tick = () => {};
    let isClosed = false;
    const bridge = await open({
      now: () => new Date(at.getTime() + Date.now() - startedMs),
      openTicks(onTick) {
        tick = onTick;
        return { close: () => (isClosed = true) };
      },
    });
    const runs = () => lines.filter((line) => /reconciliation (done|could not read)/.test(line)).length;
    await until(async () => JSON.stringify((await readiness(bridge.url)).body.odoo).includes('up'));
    tick();
    expect(runs()).toBe(0);
    for (const [index, time] of ['10:30', '11:00'].entries()) {
      at = new Date(`2027-01-01T${time}:00Z`);
      tick();
      tick();
      await until(async () => runs() > index);
    }
    await bridge.close();
    expect(runs()).toBe(2);
    expect(lines.join('')).not.toContain('skipped');
    expect(isClosed).toBe(true);
  });

  it('logs a wrong key with its fix, and still accepts webhooks with the environment’s secret', async () => {
    const { open, lines } = await openServe({
      ODOO_API_KEY: 'a-key-that-is-wrong',
      SWEEGO_OUTBOUND_SECRETS: outboundSecret,
    });
    const bridge = await open();
    const sweego = await connectSweego(bridge.url);
    expect((await sweego.sendEvent({ type: 'delivered', mail, at: new Date() })).status).toBe(200);
    await until(async () => lines.join('').includes('settings cannot be read from Odoo'));
    const line = lines.find((text) => text.includes('settings cannot be read from Odoo')) ?? '';
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      code: expect.stringMatching(/^ODOO_/) as string,
    });
    await bridge.close();
  });

  it('refuses a port that is in use, with the fix, and leaves nothing open', async () => {
    const { open } = await openServe();
    const bridge = await open();
    const other = await openServe({ PORT: new URL(bridge.url).port });
    await expect(other.open()).rejects.toMatchObject({
      code: 'HTTP_LISTEN_FAILED',
      message: expect.stringContaining('Set HOST and PORT') as string,
    });
    await bridge.close();
  });

  it('writes no secret and no address to its log, whatever happens', async () => {
    const { open, odoo, lines } = await openServe();
    const bridge = await open();
    const sweego = await connectSweego(bridge.url);
    const stranger = await connectSweego(bridge.url, inboundSecret);
    expect((await stranger.sendEvent({ type: 'delivered', mail, at: new Date() })).status).toBe(401);
    expect(
      (await sweego.sendEvent({ type: 'hard_bounce', mail, at: new Date(), smtpAnswer: '550 no' })).status,
    ).toBe(200);
    expect(
      (await sweego.send({ ...sweego.createEvent({ type: 'x', mail, at: new Date() }), body: '{' })).status,
    ).toBe(401);
    await odoo.standIn.setCondition('gone');
    await until(async () => lines.join('').includes('webhook stored'));
    await bridge.close();
    const log = lines.join('');
    expect(log).toContain('webhook refused');
    for (const hidden of [
      odoo.standIn.bridgeApiKey,
      outboundSecret,
      inboundSecret,
      'stand-in secret',
      'customer@example.com',
    ]) {
      expect(log).not.toContain(hidden);
    }
  });
});
