import { describe, expect, it } from 'vitest';
import { bridgeError } from '../src/errors.ts';
import { createLog, describeError } from '../src/log.ts';
import type { LogOptions } from '../src/log.ts';

function record(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({
    level: 'info',
    format: 'json',
    write: (line) => lines.push(line),
    now: () => new Date('2026-03-01T12:00:00Z'),
    secrets: [],
    ...options,
  });
  return { log, lines };
}

describe('log lines', () => {
  it('are JSON with level, time, fields and message', () => {
    const { log, lines } = record();
    log.info({ mail: 7 }, 'mail.mail confirmed by Sweego');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { level: 'info', time: '2026-03-01T12:00:00.000Z', mail: 7, msg: 'mail.mail confirmed by Sweego' },
    ]);
    expect(lines[0]).toMatch(/\}\n$/);
  });

  it('are readable for people in the text format', () => {
    const { log, lines } = record({ format: 'text' });
    log.warn({ entry: 3, code: 'ODOO_TIMEOUT' }, 'entry waits');
    expect(lines).toEqual(['2026-03-01T12:00:00.000Z WARN  entry waits entry=3 code="ODOO_TIMEOUT"\n']);
  });

  it('below the level are not written', () => {
    const { log, lines } = record({ level: 'warn' });
    log.debug({}, 'webhook stored');
    log.info({}, 'webhook stored');
    log.error({}, 'webhook could not be stored');
    expect(lines).toHaveLength(1);
  });
});

describe('secrets', () => {
  it('are hidden by the name of their field, at any depth', () => {
    const { log, lines } = record();
    log.info(
      {
        apiKey: 'one',
        headers: { Authorization: 'two', 'webhook-signature': 'three' },
        list: [{ token: 4 }],
      },
      'call',
    );
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      apiKey: '[redacted]',
      headers: { Authorization: '[redacted]', 'webhook-signature': '[redacted]' },
      list: [{ token: '[redacted]' }],
    });
  });

  it.each(['json', 'text'] as const)('of the configuration are hidden everywhere (%s)', (format) => {
    const { log, lines } = record({ format, secrets: ['hunter22', ''] });
    log.error({ url: 'https://odoo.example.com/?k=hunter22' }, 'refused hunter22');
    expect(lines.join('')).not.toContain('hunter22');
    expect(lines.join('')).toContain('[redacted]');
  });
});

describe('errors', () => {
  it('of the bridge are logged with code, message and details', () => {
    const error = bridgeError('ODOO_TIMEOUT', 'Odoo did not answer', {
      fix: 'Try later.',
      cause: new Error('secret cause'),
      details: { model: 'mail.mail' },
    });
    expect(describeError(error)).toEqual({
      code: 'ODOO_TIMEOUT',
      error: 'Odoo did not answer. Try later.',
      details: { model: 'mail.mail' },
    });
  });

  it('of other classes are logged with name and place, without their message, which may quote a body', () => {
    let thrown: unknown;
    try {
      JSON.parse('customer@example.com');
    } catch (error) {
      thrown = error;
    }
    const described = describeError(thrown);
    expect(described['error']).toBe('SyntaxError');
    expect(JSON.stringify(described)).toContain('log.test.ts');
    expect(JSON.stringify(described)).not.toContain('customer');
    expect(describeError('customer@example.com')).toEqual({ error: 'string' });
  });
});
