import { validate as isNodeCronExpression } from 'node-cron';
import { z } from 'zod';
import { BridgeError } from './errors.ts';
import { parseCronSchedule } from './rules/reconciliation/cron-schedule.ts';
import type { CronFault, CronSchedule } from './rules/reconciliation/cron-schedule.ts';
import { parseSigningSecret } from './sweego/signature.ts';

const text = z.string().optional();

function webAddress(example: string, allowPath: boolean) {
  const fault = `is not a web address. Set it like ${example}`;
  return z
    .string()
    .refine((value) => isWebAddress(value, allowPath), fault)
    .transform((value) => value.replace(/\/+$/, ''));
}

function isWebAddress(value: string, allowPath: boolean): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, search, hash, pathname } = new URL(value);
  const isBare = username === '' && password === '' && search === '' && hash === '';
  return /^https?:$/.test(protocol) && isBare && (allowPath || pathname === '/');
}

function wholeNumber(least: number, most: number, preset: number) {
  const fault = `is not a whole number from ${least} to ${most}. Set it like ${preset}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, fault)
    .transform(Number)
    .refine((value) => value >= least && value <= most, fault)
    .default(preset);
}

function oneOf<const Values extends readonly [string, ...string[]]>(values: Values, preset: Values[number]) {
  return z.enum(values, { error: `is unknown. Set it to one of: ${values.join(', ')}` }).default(preset);
}

const signingSecrets = z
  .string()
  .transform((value) => value.split(',').map((secret) => secret.trim()))
  .superRefine((secrets, context) => {
    for (const [index, secret] of secrets.entries()) {
      try {
        parseSigningSecret(`number ${index + 1}`, secret);
      } catch (error) {
        if (!(error instanceof BridgeError)) throw error;
        context.addIssue({ code: 'custom', message: `is wrong. ${error.message.replace(/\.$/, '')}` });
      }
    }
  })
  .default([]);

const cronFaults: Readonly<Record<CronFault, string>> = {
  unreadable: 'is not a schedule of five fields. Set it like */30 * * * *',
  'never due': 'is never due: no month that it names has such a day. Set it like */30 * * * *',
};

/** Refuses every expression that one of the two libraries refuses, so that both can read it. */
const cronSchedule = z.string().transform((expression, context): CronSchedule => {
  const read = parseCronSchedule(expression);
  const schedule = typeof read === 'string' || isNodeCronExpression(expression) ? read : 'unreadable';
  if (typeof schedule !== 'string') return schedule;
  context.addIssue({ code: 'custom', message: cronFaults[schedule] });
  return z.NEVER;
});

/** Names, defaults and faults of every variable. The text of a fault follows the name, and has no full stop. */
export const Variables = z.object({
  ODOO_URL: webAddress('https://odoo.example.com (without a path)', false).optional(),
  ODOO_DATABASE: text,
  ODOO_LOGIN: text,
  ODOO_PASSWORD: text,
  ODOO_API_KEY: text,
  PROVISION_LOGIN: text,
  PROVISION_PASSWORD: text,
  PROVISION_API_KEY: text,
  ODOO_TRANSPORT: oneOf(['json2', 'jsonrpc', 'xmlrpc'], 'json2'),
  DATABASE_URL: z
    .string()
    .regex(
      /^(file:|postgres(ql)?:\/\/)./,
      'is not understood. Set it to file: and a path, for example file:./data/bridge.sqlite, or to ' +
        'postgres://user:password@host:5432/database',
    )
    .default('file:./data/bridge.sqlite'),
  HOST: z.string().default('0.0.0.0'),
  PORT: wholeNumber(0, 65_535, 8025),
  PUBLIC_URL: webAddress('https://sweego.example.com', true).optional(),
  SWEEGO_API_URL: webAddress('https://api.sweego.io', true).default('https://api.sweego.io'),
  SWEEGO_API_KEY: text,
  SWEEGO_CLIENT_UUID: z
    .string()
    .regex(/^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i, "is not a UUID. Copy it from Sweego's dashboard")
    .optional(),
  SWEEGO_OUTBOUND_SECRETS: signingSecrets,
  SWEEGO_INBOUND_SECRETS: signingSecrets,
  SIGNATURE_TOLERANCE_SECONDS: wholeNumber(1, 31_536_000, 172_800),
  RECONCILE_CRON: cronSchedule.prefault('*/30 * * * *'),
  RECONCILE_DAYS: wholeNumber(1, 30, 7),
  ADMIN_TOKEN: z
    .string()
    .min(16, 'is shorter than 16 characters. Set it to the output of: openssl rand -hex 32')
    .optional(),
  RETAIN_BODIES_DAYS: wholeNumber(0, 3650, 7),
  RETAIN_ENTRIES_DAYS: wholeNumber(1, 3650, 90),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
  LOG_FORMAT: oneOf(['json', 'text'], 'json'),
});

export type Variables = z.infer<typeof Variables>;

/** Each may also be set as `NAME_FILE`, the path of a file with the value. */
export const secretNames = [
  'ODOO_PASSWORD',
  'ODOO_API_KEY',
  'PROVISION_PASSWORD',
  'PROVISION_API_KEY',
  'SWEEGO_API_KEY',
  'SWEEGO_OUTBOUND_SECRETS',
  'SWEEGO_INBOUND_SECRETS',
  'ADMIN_TOKEN',
] as const;

/** DATABASE_URL may come from a file too, because it contains a password for PostgreSQL. */
export const fileNames = [...secretNames, 'DATABASE_URL'] as const;

/** The password in the URL of a PostgreSQL database, encoded as in the URL and decoded. */
export function passwordsOfDatabaseUrl(databaseUrl: string): string[] {
  if (!databaseUrl.startsWith('postgres')) return [];
  const [, inAuthority] = /^\w+:\/\/[^/?#:]*:([^/?#]*)@/.exec(databaseUrl) ?? [];
  const [, inQuery] = /[?&]password=([^&#]*)/.exec(databaseUrl) ?? [];
  return [inAuthority, inQuery]
    .filter((password) => password !== undefined)
    .flatMap((password) => [password, decodedOf(password)]);
}

function decodedOf(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
