import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Variables, secretNames } from '../src/config-variables.ts';
import { parseInboxConfig, parseProvisionConfig, parseServeConfig } from '../src/config.ts';
import { BridgeError } from '../src/errors.ts';

const complete = {
  ODOO_URL: 'https://odoo.example.com/',
  ODOO_DATABASE: 'production',
  ODOO_API_KEY: 'key-of-the-bridge',
};
const signingSecret = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm';

type Env = Record<string, string | undefined>;
const noFile = (path: string): string => {
  throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
};
const serve = (env: Env, readFile = noFile) => parseServeConfig({ env, readFile });
const provision = (env: Env) => parseProvisionConfig({ env, readFile: noFile });

describe('a minimal configuration', () => {
  it('needs Odoo, its database and a key; everything else has a default', () => {
    expect(serve(complete)).toMatchObject({
      odoo: {
        transport: 'json2',
        url: 'https://odoo.example.com',
        database: 'production',
        login: undefined,
        secret: 'key-of-the-bridge',
      },
      databaseUrl: 'file:./data/bridge.sqlite',
      host: '0.0.0.0',
      port: 8025,
      sweegoApiUrl: 'https://api.sweego.io',
      outboundSecrets: [],
      inboundSecrets: [],
      signatureToleranceSeconds: 172_800,
      reconcileCron: { expression: '*/30 * * * *' },
      reconcileDays: 7,
      retainBodiesDays: 7,
      retainEntriesDays: 90,
      logLevel: 'info',
      logFormat: 'json',
    });
  });

  it('treats an empty variable as not set', () => {
    expect(serve({ ...complete, PORT: '', ADMIN_TOKEN: ' ' })).toMatchObject({
      port: 8025,
      adminToken: undefined,
    });
  });

  it('needs nothing for commands that only read the inbox', () => {
    expect(parseInboxConfig({ env: {}, readFile: noFile }).databaseUrl).toBe('file:./data/bridge.sqlite');
  });
});

describe('a bad configuration', () => {
  it('is reported as a whole, every variable with its fix', () => {
    const error = refusalOf(() =>
      serve({
        ODOO_URL: 'odoo.example.com',
        PORT: '99999',
        ODOO_TRANSPORT: 'soap',
        LOG_LEVEL: 'loud',
        SWEEGO_OUTBOUND_SECRETS: `${signingSecret},no base64`,
        RECONCILE_CRON: 'hourly',
      }),
    );
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.details['variables']).toEqual([
      'ODOO_URL',
      'ODOO_TRANSPORT',
      'PORT',
      'SWEEGO_OUTBOUND_SECRETS',
      'RECONCILE_CRON',
      'LOG_LEVEL',
      'ODOO_DATABASE',
      'ODOO_API_KEY',
    ]);
    const lines = error.message.split('\n').slice(1);
    expect(lines).toHaveLength(8);
    expect(error.message).toContain('- ODOO_URL is not a web address. Set it like https://odoo.example.com');
    expect(error.message).toContain('- ODOO_TRANSPORT is unknown. Set it to one of: json2, jsonrpc, xmlrpc.');
    expect(error.message).toContain('- PORT is not a whole number from 0 to 65535. Set it like 8025.');
    expect(error.message).toContain('secret number 2 is not base64 text');
    expect(error.message).toContain('provision --create-user');
  });

  it.each([
    ['ODOO_URL', 'https://odoo.example.com/odoo'],
    ['ODOO_URL', 'https://admin:hunter22@odoo.example.com'],
    ['ODOO_URL', 'ftp://odoo.example.com'],
    ['PUBLIC_URL', 'https://sweego.example.com/?a=1'],
    ['DATABASE_URL', './data/bridge.sqlite'],
    ['DATABASE_URL', 'mysql://bridge:hunter22@db.example.com/bridge'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['SWEEGO_CLIENT_UUID', '1234'],
    ['SIGNATURE_TOLERANCE_SECONDS', '0'],
    ['RETAIN_ENTRIES_DAYS', 'for ever'],
    ['RECONCILE_CRON', '0 0 31 2'],
    ['RECONCILE_CRON', '0 0 31 2 *'],
    ['RECONCILE_CRON', '0 0 * * * *'],
    ['RECONCILE_CRON', '*/61 * * * *'],
    ['RECONCILE_CRON', '22-2 0 * * *'],
    ['RECONCILE_DAYS', '31'],
    ['ADMIN_TOKEN', 'hunter22'],
    ['LOG_FORMAT', 'xml'],
    ['SWEEGO_INBOUND_SECRETS', 'whsec_hunter22'],
  ])('%s=%s is refused by name, and its value is not repeated', (name, value) => {
    const error = refusalOf(() => serve({ ...complete, [name]: value }));
    expect(error.details['variables']).toEqual([name]);
    expect(error.message).toMatch(new RegExp(`- ${name} .*\\.$`));
    expect(error.message).not.toContain('hunter22');
  });

  it('says why a schedule is refused, and how to write one', () => {
    const refusal = (expression: string) =>
      refusalOf(() => serve({ ...complete, RECONCILE_CRON: expression })).message;
    expect(refusal('every hour')).toContain(
      '- RECONCILE_CRON is not a schedule of five fields. Set it like */30 * * * *.',
    );
    expect(refusal('0 0 31 2 *')).toContain(
      '- RECONCILE_CRON is never due: no month that it names has such a day. Set it like */30 * * * *.',
    );
  });

  it('refuses signatures that are valid for longer than duplicates are remembered', () => {
    const env = { ...complete, SIGNATURE_TOLERANCE_SECONDS: '172800', RETAIN_ENTRIES_DAYS: '1' };
    expect(refusalOf(() => serve(env)).message).toContain(
      '- SIGNATURE_TOLERANCE_SECONDS is longer than RETAIN_ENTRIES_DAYS. Set it to 86400 or less',
    );
    expect(serve({ ...env, RETAIN_ENTRIES_DAYS: '2' }).signatureToleranceSeconds).toBe(172_800);
  });
});

describe("Odoo's credentials", () => {
  it('JSON-2 accepts no password', () => {
    const error = refusalOf(() => serve({ ...complete, ODOO_API_KEY: '', ODOO_PASSWORD: 'hunter22' }));
    expect(error.message).toContain('ODOO_TRANSPORT=json2 takes no password');
  });

  it.each(['jsonrpc', 'xmlrpc'])('%s needs the login, and accepts a password', (transport) => {
    const env = { ...complete, ODOO_TRANSPORT: transport, ODOO_API_KEY: '', ODOO_PASSWORD: 'hunter22' };
    const error = refusalOf(() => serve(env));
    expect(error.details['variables']).toEqual(['ODOO_LOGIN']);
    expect(error.message).toContain(`ODOO_TRANSPORT=${transport} needs it: set it to the login of that user`);
    expect(serve({ ...env, ODOO_LOGIN: 'sweego-bridge' }).odoo).toMatchObject({
      transport,
      login: 'sweego-bridge',
      secret: 'hunter22',
    });
  });

  it('provisioning runs as an administrator, before the bridge has its own key', () => {
    const { ODOO_URL, ODOO_DATABASE } = complete;
    const odoo = { ODOO_URL, ODOO_DATABASE };
    expect(refusalOf(() => provision(complete)).details['variables']).toEqual(['PROVISION_API_KEY']);
    expect(
      provision({ ...odoo, PROVISION_LOGIN: 'admin', PROVISION_PASSWORD: 'hunter22' }).administrator,
    ).toMatchObject({ transport: 'jsonrpc', login: 'admin', secret: 'hunter22' });
    const overXmlRpc = { ODOO_TRANSPORT: 'xmlrpc', PROVISION_LOGIN: 'admin', PROVISION_PASSWORD: 'hunter22' };
    expect(provision({ ...odoo, ...overXmlRpc }).administrator).toMatchObject({ transport: 'xmlrpc' });
    expect(provision({ ...odoo, PROVISION_API_KEY: 'admin-key' }).administrator).toMatchObject({
      transport: 'json2',
      secret: 'admin-key',
    });
  });
});

describe('secrets in files', () => {
  it.each(secretNames)('%s may come from a file', (name) => {
    const value = name.endsWith('_SECRETS') ? signingSecret : 'a-secret-of-some-length';
    const env: Env = { ...complete, ODOO_TRANSPORT: 'jsonrpc', ODOO_LOGIN: 'bridge', [name]: undefined };
    if (name === 'ODOO_PASSWORD') env['ODOO_API_KEY'] = undefined;
    const read = (path: string) => (path === '/run/secrets/one' ? `${value}\n` : noFile(path));
    const config = serve({ ...env, [`${name}_FILE`]: '/run/secrets/one' }, read);
    expect(config.secrets).toContain(value);
  });

  it('DATABASE_URL may come from a file too, and its password is hidden', () => {
    const url = 'postgres://bridge:p%40ss%2Fword@db.example.com:5432/bridge?sslmode=verify-full';
    const read = (path: string) => (path === '/run/secrets/url' ? `${url}\n` : noFile(path));
    const config = serve({ ...complete, DATABASE_URL_FILE: '/run/secrets/url' }, read);
    expect(config.databaseUrl).toBe(url);
    expect(config.secrets).toEqual(expect.arrayContaining(['p%40ss%2Fword', 'p@ss/word']));
  });

  it.each([
    ['postgres://bridge:hunter22@db.example.com/bridge', ['hunter22']],
    ['postgresql://bridge:hunter@22@db.example.com/bridge', ['hunter@22']],
    ['postgres://db.example.com/bridge?user=bridge&password=hunter%2522', ['hunter%2522', 'hunter%22']],
    ['postgres://bridge:100%@db.example.com/bridge', ['100%']],
    ['postgres://db.example.com:5432/bridge', []],
    ['file:./data/a:hunter22@b.sqlite', []],
  ])('the log hides only the password of %s', (databaseUrl, passwords) => {
    const { secrets } = serve({ ...complete, DATABASE_URL: databaseUrl });
    expect(new Set(secrets)).toEqual(new Set(['', complete.ODOO_API_KEY, ...passwords]));
  });

  it.each([
    ['that cannot be read', noFile],
    ['that is empty', () => '\n'],
  ])('a file %s is reported with its fix', (_, readFile) => {
    const env = { ...complete, ODOO_API_KEY: undefined, ODOO_API_KEY_FILE: '/run/secrets/one' };
    const error = refusalOf(() => serve(env, readFile));
    expect(error.details['variables']).toEqual(['ODOO_API_KEY_FILE']);
    expect(error.message).toContain('Name a file that this user may read');
  });

  it('a secret given twice is refused', () => {
    const error = refusalOf(() => serve({ ...complete, ODOO_API_KEY_FILE: '/run/secrets/one' }));
    expect(error.message).toContain('- ODOO_API_KEY is set twice. Set either');
  });
});

describe('config/example.env', () => {
  it('names every variable and no other, and is valid once the key is filled in', () => {
    const lines = readFileSync(new URL('../config/example.env', import.meta.url), 'utf8').split('\n');
    const pairs = lines.flatMap((line) => [...line.matchAll(/^(?:# )?([A-Z_]+)=(.*)$/g)]);
    const env: Env = Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
    expect(Object.keys(env).sort()).toEqual(Object.keys(Variables.shape).sort());
    const { ODOO_API_KEY } = complete;
    // A schedule has a function, which equals only itself.
    const comparable = (config: ReturnType<typeof serve>) => ({
      ...config,
      reconcileCron: config.reconcileCron.expression,
    });
    const shown = serve({ ...env, ODOO_API_KEY, ODOO_LOGIN: '', PUBLIC_URL: '' });
    expect(comparable(shown), 'what it shows as default is the default').toEqual(comparable(serve(complete)));
  });
});

function refusalOf(action: () => unknown): BridgeError {
  try {
    action();
  } catch (error) {
    if (error instanceof BridgeError) return error;
    throw error;
  }
  throw new Error('was accepted');
}
