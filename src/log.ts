import pino from 'pino';
import { BridgeError } from './errors.ts';

type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Ids, counts and codes; never an address, a subject, a body or a secret. */
type LogFields = Readonly<Record<string, unknown>>;

/** Fields first, then a constant message, so that it can be searched for. */
export type Log = {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
};

export type LogOptions = {
  level: LogLevel;
  /** `json`: one object per line. `text`: one readable line. */
  format: 'json' | 'text';
  /** Writes whole lines, each with its line feed. */
  write: (line: string) => void;
  now: () => Date;
  /** Values that no line may contain, in any field. */
  secrets: readonly string[];
};

/** Shorter values are not hidden: replacing them would make lines unreadable. */
const shortestSecret = 6;

const secretName = /secret|password|passwd|token|api_?key|authorization|cookie|signature|credential/i;
const hidden = '[redacted]';

/**
 * A log whose lines contain no secret: values of fields with names like `password` are replaced at any depth, and the
 * secrets of the configuration are replaced everywhere.
 */
export function createLog(options: LogOptions): Log {
  const secrets = options.secrets.filter((secret) => secret.length >= shortestSecret);
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${options.now().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => hideNamedSecrets(fields) as Record<string, unknown>,
      },
    },
    {
      write(line: string) {
        const safe = secrets.reduce((text, secret) => text.replaceAll(secret, hidden), line);
        options.write(options.format === 'json' ? safe : readable(safe));
      },
    },
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}

/**
 * The fields of an error that may be logged: code, message and details of a BridgeError; for other errors only the name
 * and the place, because their messages quote data (V8 quotes JSON, drivers quote rows).
 */
export function describeError(error: unknown): LogFields {
  if (error instanceof BridgeError) {
    return { code: error.code, error: error.message, details: error.details };
  }
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { error: error.name, at: frames.slice(0, 8).map((line) => line.trim()) };
}

function hideNamedSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideNamedSecrets);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secretName.test(name) ? hidden : hideNamedSecrets(item),
    ]),
  );
}

function readable(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${String(time)} ${String(level).toUpperCase().padEnd(5)} ${String(msg)}${pairs.join('')}\n`;
}
