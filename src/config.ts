import { Variables, fileNames, passwordsOfDatabaseUrl, secretNames } from './config-variables.ts';
import { bridgeError } from './errors.ts';
import type { BridgeError } from './errors.ts';
import type { CronSchedule } from './rules/reconciliation/cron-schedule.ts';

/** Where the variables come from. */
export type ConfigSource = {
  env: Readonly<Record<string, string | undefined>>;
  /** Reads a file named by a `…_FILE` variable. Throws as `fs.readFileSync` does. */
  readFile: (path: string) => string;
};

/** How Odoo is reached, and as which user. */
export type OdooAccess = {
  transport: Variables['ODOO_TRANSPORT'];
  /** Without trailing slash. */
  url: string;
  database: string;
  login: string | undefined;
  /** API key, or (JSON-RPC and XML-RPC) password. */
  secret: string;
};

/** What every command knows; optional variables that are not set are `undefined`. */
export type BridgeConfig = {
  databaseUrl: string;
  host: string;
  /** 0 takes a free port. */
  port: number;
  publicUrl: string | undefined;
  sweegoApiUrl: string;
  sweegoApiKey: string | undefined;
  sweegoClientUuid: string | undefined;
  /** Base64 texts, checked. */
  outboundSecrets: readonly string[];
  inboundSecrets: readonly string[];
  signatureToleranceSeconds: number;
  reconcileCron: CronSchedule;
  /** How far back Sweego's log is asked, days; what a plan keeps of the log is not documented. */
  reconcileDays: number;
  adminToken: string | undefined;
  retainBodiesDays: number;
  retainEntriesDays: number;
  logLevel: Variables['LOG_LEVEL'];
  logFormat: Variables['LOG_FORMAT'];
  /** Every secret value above and in `OdooAccess`, for the log to hide. */
  secrets: readonly string[];
};
/** `odoo`: the bridge's own user. */
export type ServeConfig = BridgeConfig & { odoo: OdooAccess };
export type ProvisionConfig = BridgeConfig & { administrator: OdooAccess };

/** Faults by variable; the first one of a variable stays. */
type Faults = Map<string, string>;

/**
 * What `serve` needs: the inbox, the HTTP side and the bridge's own Odoo user.
 *
 * @throws BridgeError CONFIG_INVALID listing every bad variable with its fix, no value of a secret
 */
export function parseServeConfig(source: ConfigSource): ServeConfig {
  return parse(source, (values, faults) => ({ odoo: readAccess(values, faults, 'ODOO') }));
}

/**
 * What `provision` needs: an administrator. The bridge's own user may not exist yet. A password selects
 * JSON-RPC by itself where JSON-2 would be used, which takes only API keys.
 *
 * @throws BridgeError CONFIG_INVALID
 */
export function parseProvisionConfig(source: ConfigSource): ProvisionConfig {
  return parse(source, (values, faults) => {
    const isPasswordOnly = values.PROVISION_PASSWORD !== undefined && values.PROVISION_API_KEY === undefined;
    const chosen = values.ODOO_TRANSPORT;
    const transport = isPasswordOnly && chosen === 'json2' ? 'jsonrpc' : chosen;
    const access = readAccess({ ...values, ODOO_TRANSPORT: transport }, faults, 'PROVISION');
    return { administrator: access };
  });
}

/**
 * What commands need that only look at the inbox.
 *
 * @throws BridgeError CONFIG_INVALID
 */
export function parseInboxConfig(source: ConfigSource): BridgeConfig {
  return parse(source, () => ({}));
}

/**
 * The same, and the bridge's own Odoo user where the environment names an Odoo.
 *
 * @throws BridgeError CONFIG_INVALID
 */
export function parseOdooConfigIfSet(source: ConfigSource): BridgeConfig & { odoo?: OdooAccess } {
  return source.env['ODOO_URL'] === undefined ? parseInboxConfig(source) : parseServeConfig(source);
}

function parse<Extra>(
  source: ConfigSource,
  readExtra: (values: Variables, faults: Faults) => Extra,
): BridgeConfig & Extra {
  const faults: Faults = new Map();
  const env = gatherVariables(source, faults);
  const parsed = Variables.safeParse(env);
  for (const issue of parsed.error?.issues ?? []) addFault(faults, String(issue.path[0]), issue.message);
  // A faulty variable is reported as such; what it is compared with meanwhile does not matter.
  const faulty = Object.fromEntries([...faults.keys()].map((name) => [name, undefined]));
  const values = Variables.parse({ ...env, ...faulty });
  const retainSeconds = values.RETAIN_ENTRIES_DAYS * 86_400;
  if (values.SIGNATURE_TOLERANCE_SECONDS > retainSeconds) {
    const fault = `is longer than RETAIN_ENTRIES_DAYS. Set it to ${retainSeconds} or less, since a repeated`;
    addFault(faults, 'SIGNATURE_TOLERANCE_SECONDS', `${fault} webhook is only known while its entry is kept`);
  }
  const extra = readExtra(values, faults);
  if (faults.size > 0) throw invalid(faults);
  return { ...toConfig(values, env), ...extra };
}

function gatherVariables(source: ConfigSource, faults: Faults): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of Object.keys(Variables.shape)) {
    const value = source.env[name]?.trim();
    if (value !== undefined && value !== '') env[name] = value;
  }
  for (const name of fileNames) {
    const path = source.env[`${name}_FILE`];
    if (path === undefined || path === '') continue;
    if (env[name] !== undefined) {
      addFault(faults, name, `is set twice. Set either ${name} or ${name}_FILE`);
      continue;
    }
    const content = readSecretFile(source, path);
    if (content === undefined) {
      const fix = 'Name a file that this user may read and that holds the secret alone';
      addFault(faults, `${name}_FILE`, `does not name a readable file with a secret in it. ${fix}`);
    } else env[name] = content;
  }
  return env;
}

function readSecretFile(source: ConfigSource, path: string): string | undefined {
  try {
    return source.readFile(path).trim() || undefined;
  } catch {
    // ENOENT, EACCES or EISDIR: the fix is the same.
    return undefined;
  }
}

function readAccess(values: Variables, faults: Faults, prefix: 'ODOO' | 'PROVISION'): OdooAccess {
  const transport = values.ODOO_TRANSPORT;
  const login = values[`${prefix}_LOGIN`];
  const apiKey = values[`${prefix}_API_KEY`];
  const password = values[`${prefix}_PASSWORD`];
  const url = values.ODOO_URL;
  const database = values.ODOO_DATABASE;
  if (url === undefined) {
    addFault(faults, 'ODOO_URL', 'is missing. Set it to the address of Odoo, like https://odoo.example.com');
  }
  if (database === undefined) {
    addFault(faults, 'ODOO_DATABASE', 'is missing. Set it to the name of the Odoo database');
  }
  const secret = transport === 'json2' ? apiKey : (apiKey ?? password);
  if (
    secret === undefined &&
    !faults.has(`${prefix}_API_KEY_FILE`) &&
    !faults.has(`${prefix}_PASSWORD_FILE`)
  ) {
    addFault(faults, `${prefix}_API_KEY`, missingKeyFault(prefix, password !== undefined));
  }
  if (transport !== 'json2' && login === undefined) {
    const fault = `is missing. ODOO_TRANSPORT=${transport} needs it: set it to the login of that user`;
    addFault(faults, `${prefix}_LOGIN`, fault);
  }
  return { transport, url: url ?? '', database: database ?? '', login, secret: secret ?? '' };
}

function missingKeyFault(prefix: 'ODOO' | 'PROVISION', hasPassword: boolean): string {
  if (hasPassword) {
    return 'is missing. ODOO_TRANSPORT=json2 takes no password: set an API key, or set ODOO_TRANSPORT=jsonrpc or xmlrpc';
  }
  return prefix === 'ODOO'
    ? 'is missing. Set it to the key that "sweego-odoo-bridge provision --create-user" prints'
    : 'is missing. Set it to the API key of an administrator, or set PROVISION_LOGIN and PROVISION_PASSWORD';
}

function toConfig(values: Variables, env: Readonly<Record<string, string>>): BridgeConfig {
  return {
    databaseUrl: values.DATABASE_URL,
    host: values.HOST,
    port: values.PORT,
    publicUrl: values.PUBLIC_URL,
    sweegoApiUrl: values.SWEEGO_API_URL,
    sweegoApiKey: values.SWEEGO_API_KEY,
    sweegoClientUuid: values.SWEEGO_CLIENT_UUID,
    outboundSecrets: values.SWEEGO_OUTBOUND_SECRETS,
    inboundSecrets: values.SWEEGO_INBOUND_SECRETS,
    signatureToleranceSeconds: values.SIGNATURE_TOLERANCE_SECONDS,
    reconcileCron: values.RECONCILE_CRON,
    reconcileDays: values.RECONCILE_DAYS,
    adminToken: values.ADMIN_TOKEN,
    retainBodiesDays: values.RETAIN_BODIES_DAYS,
    retainEntriesDays: values.RETAIN_ENTRIES_DAYS,
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
    secrets: [
      ...secretNames.flatMap((name) => (env[name] ?? '').split(',').map((secret) => secret.trim())),
      ...passwordsOfDatabaseUrl(values.DATABASE_URL),
    ],
  };
}

function addFault(faults: Faults, name: string, fault: string): void {
  if (!faults.has(name)) faults.set(name, fault);
}

function invalid(faults: Faults): BridgeError {
  const lines = [...faults].map(([name, fault]) => `\n- ${name} ${fault}.`);
  return bridgeError('CONFIG_INVALID', 'The configuration cannot be used', {
    fix: `Correct these variables:${lines.join('')}`,
    details: { variables: [...faults.keys()] },
  });
}
