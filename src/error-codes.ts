import { later, never, usage } from './error-kind.ts';
import type { ErrorKind } from './error-kind.ts';

const provision = 'Run: sweego-odoo-bridge provision';
const giveDocument =
  'Post it on a document (sweego-odoo-bridge inbox replay <id> --to <model>,<number>), or discard it.';
const odooLog = 'Odoo wrote the text to its own log (logger odoo.http) at this time.';
const inboxFile = 'Check the disk and the rights of the file of DATABASE_URL, then start the bridge again.';
const askSender = 'Ask the sender to send the file in another way';
const testDelivery = "Sweego's test deliveries look like this and need nothing.";
const compare = 'Compare it (sweego-odoo-bridge inbox show <id> --body) with https://learn.sweego.io/docs';

/** Every code of the bridge: those of errors, and those that are only a reason or a line of the log. See docs/errors.md. */
const errorKindsByCode = {
  CONFIG_INVALID: usage('Correct the variables; config/example.env shows all of them.'),
  HTTP_LISTEN_FAILED: never(
    'bridge',
    'Set HOST and PORT to an address of this computer that no other program uses.',
  ),
  SIGNATURE_SECRET_INVALID: never('bridge', 'Copy the secret of the webhook from Sweego unchanged.'),
  UNEXPECTED: later('entry', 'Please report it.'),

  MESSAGE_UNKNOWN: never('bridge', 'Give a Message-Id, or the exact name of a document such as S00042.'),
  RECONCILE_INCOMPLETE: later(
    'sweego',
    'Fix what docs/errors.md says about these codes and run it again: what was read has been used.',
  ),
  RECONCILE_RUNNING: later(
    'bridge',
    'Wait until it is done, and see its result with: sweego-odoo-bridge reconcile --list',
  ),
  RECONCILE_UNFINISHED: later(
    'bridge',
    'Start serve, which brings the waiting rows to Odoo when they are due, or run it again later.',
  ),

  INBOX_ENTRIES_UNCHANGED: never('bridge', 'See which entries there are with: sweego-odoo-bridge inbox list'),
  INBOX_ENTRY_UNKNOWN: never('bridge', 'See which entries there are with: sweego-odoo-bridge inbox list'),
  INBOX_FILE_MISSING: usage(
    'Set DATABASE_URL to the file that serve uses; a relative path starts at the working directory.',
  ),
  INBOX_NOTHING_MATCHED: never(
    'bridge',
    'Try the same filters, and other states, with: sweego-odoo-bridge inbox list',
  ),
  INBOX_OPTION_INVALID: usage('See the examples of --help.'),
  INBOX_REPLAY_UNFINISHED: later(
    'bridge',
    'Parked entries need a decision (sweego-odoo-bridge inbox show <id>); a running serve takes up the others when they are due.',
  ),
  INBOX_SELECTION_INVALID: usage(
    'Give either the numbers of entries, or filters such as --state parked --older-than 2h.',
  ),

  INBOX_CLOSED: never('bridge', 'Open it again with openInbox.'),
  INBOX_CORRUPT: never(
    'bridge',
    'Stop the bridge, keep a copy of the file of DATABASE_URL with its -wal and -shm files, and rebuild it with `sqlite3 <file> .recover` or a backup.',
  ),
  INBOX_FILE_UNKNOWN: never('entry', 'Store it first, or see which files the entry has.'),
  INBOX_LEASE_LOST: later(
    'bridge',
    'Nothing needs to be done if it happens once; if it repeats, check the disk or database of the inbox.',
  ),
  INBOX_NEWER: never('bridge', 'Start the release that wrote it, or a later one.'),
  INBOX_NOT_CLAIMED: never('bridge', 'Stop working without the lease, and let only one bridge call Odoo.'),
  INBOX_NOT_OURS: never('bridge', 'Set DATABASE_URL to a file of its own.'),
  INBOX_OPEN_FAILED: later('bridge', inboxFile),
  INBOX_READ_FAILED: later('bridge', inboxFile),
  INBOX_SNAPSHOT_UNUSABLE: later(
    'bridge',
    'Nothing needs to be done if it happens once; if it repeats, give all replicas the same key of Odoo.',
  ),
  INBOX_UNEXPECTED: later('bridge', 'Please report it.'),
  INBOX_URL_INVALID: usage(
    'Set DATABASE_URL to file: and a path, for example file:./data/bridge.sqlite, or to postgres://user:password@host:5432/database.',
  ),
  INBOX_WRITE_FAILED: later('bridge', inboxFile),

  ODOO_ACCESS: never(
    'odoo',
    'Give the bridge its rights again: sweego-odoo-bridge provision (as an administrator).',
  ),
  ODOO_AUTHENTICATION: never(
    'odoo',
    'Set ODOO_LOGIN with ODOO_PASSWORD or ODOO_API_KEY (for provision: PROVISION_LOGIN with PROVISION_PASSWORD or PROVISION_API_KEY); a new key for the bridge: sweego-odoo-bridge provision --new-key.',
  ),
  ODOO_BAD_ANSWER: later('entry', "See in Odoo's log and the proxy's what was answered."),
  ODOO_CLOSED: later('bridge', 'Start the bridge again.'),
  // Concerns the records of one call, so the rest of the queue goes on. Odoo has already repeated it five times.
  ODOO_CONFLICT: later(
    'entry',
    'Nothing needs to be done unless it lasts: then see what else writes these records.',
  ),
  ODOO_DATABASE: never(
    'odoo',
    'Set ODOO_DATABASE to one of its databases, allow it in its dbfilter, and check that its PostgreSQL runs.',
  ),
  ODOO_LOCKED: later('entry', 'Nothing needs to be done: it is tried again.'),
  ODOO_METHOD_MISSING: never(
    'odoo',
    'Check that ODOO_URL leads to an Odoo 19 (/web/version shows its version).',
  ),
  ODOO_MODEL_MISSING: never(
    'odoo',
    'Install the module it belongs to, or run: sweego-odoo-bridge provision.',
  ),
  ODOO_NOT_IN_GROUP: never('odoo', 'Run: sweego-odoo-bridge provision --create-user'),
  ODOO_NOT_ODOO: later(
    'odoo',
    'Set ODOO_URL to the base address of Odoo (scheme, host, port) and see what the proxy in front of it does.',
  ),
  ODOO_NOT_PROVISIONED: never('odoo', provision),
  ODOO_PROVISION_VERSION: never('odoo', provision),
  ODOO_RECORD_MISSING: never('entry', 'Read again which records exist.'),
  ODOO_SERVER: later('entry', 'Its log has the traceback of this time.'),
  ODOO_TIMEOUT: later('odoo', "Look at the load of Odoo's workers and of its database."),
  ODOO_TOO_LARGE: never(
    'entry',
    "Raise Odoo's system parameter web.max_file_upload_size and the proxy's limit (nginx: client_max_body_size).",
  ),
  ODOO_UNAVAILABLE: later('odoo', 'See the logs of the proxy, Odoo and PostgreSQL.'),
  ODOO_UNREACHABLE: later('odoo', 'Check ODOO_URL, the network between and that Odoo runs.'),
  ODOO_USER_ERROR: never('entry', odooLog),
  ODOO_VALIDATION: never('entry', odooLog),
  ODOO_VALUE: never(
    'entry',
    'Run sweego-odoo-bridge provision; if it happens again, report it with the code and details.',
  ),

  PROVISION_CONFLICT: never('odoo', 'Uninstall it in Apps, then run provision again.'),
  PROVISION_FIELD_TAKEN: never('odoo', 'Rename or remove it, then run provision again.'),
  PROVISION_LOGIN_TAKEN: never('odoo', 'Rename that user, then run provision --create-user again.'),
  PROVISION_REFERENCE: never(
    'odoo',
    'Check that the modules mail and base_automation are installed and not altered, then run provision again.',
  ),
  PROVISION_RIGHTS: never('odoo', 'Use an administrator (group Settings).'),

  REPLY_INTERRUPTED: later(
    'bridge',
    'Nothing needs to be done: the reply is taken up again at the next start.',
  ),
  REPLY_NOT_TAKEN: later(
    'entry',
    'Find the cause in the traceback of this time in Odoo’s log and replay the mail, or post it on another document with `inbox replay <id> --to`.',
  ),
  REPLY_UNBUILDABLE: never(
    'entry',
    'Look at the mail (sweego-odoo-bridge inbox show <id> --body) and copy its text into Odoo by hand.',
  ),

  SWEEGO_ANSWER_TOO_LARGE: never('entry', `${askSender}.`),
  SWEEGO_API_KEY_MISSING: later(
    'sweego',
    "Enter both in Odoo's settings, or set SWEEGO_API_KEY and SWEEGO_CLIENT_UUID.",
  ),
  SWEEGO_API_KEY_REFUSED: later('sweego', "Enter a valid key in Odoo's settings, or set SWEEGO_API_KEY."),
  SWEEGO_EVENT_UNREADABLE: never('entry', `${compare}/webhooks/payload; ${testDelivery}`),
  SWEEGO_LOGS_UNREADABLE: later(
    'sweego',
    "The next reconciliation reads it again; if it lasts, ask Sweego's support.",
  ),
  SWEEGO_MAIL_UNREADABLE: never('entry', `${compare}/inbound/setup_inbound; ${testDelivery}`),
  SWEEGO_NOT_FOUND: never(
    'entry',
    `${askSender}; if it concerns every mail, check the account's UUID (SWEEGO_CLIENT_UUID).`,
  ),
  SWEEGO_TOO_MANY_REQUESTS: later(
    'sweego',
    'A later reconciliation reads the rest; if it lasts, read the log less often (RECONCILE_CRON).',
  ),
  SWEEGO_UNAVAILABLE: later('sweego', "It is tried again; if it lasts, look at Sweego's status page."),
  SWEEGO_UNREACHABLE: later('sweego', 'Check SWEEGO_API_URL and the network; it is tried again.'),
  SWEEGO_URL_REFUSED: never('entry', `${askSender}, and report it.`),

  // The result of one domain in a reconciliation, never thrown.
  SWEEGO_LOG_EMPTY: later(
    'sweego',
    'Check that the API key is of the account that sends, and not limited to other domains.',
  ),
  SWEEGO_ROW_UNREADABLE: later('sweego', 'Report it: Sweego has changed its format.'),

  // Reasons of parked entries, never thrown.
  EVENT_UNMATCHABLE: never(
    'entry',
    'Nothing needs to be done, unless it is a mail of Odoo: then check that the automation rule “Sweego bridge: sign new mails” is active.',
  ),
  EVENT_UNMATCHED: never('entry', 'Look at the message in Odoo; nothing was written.'),
  INBOX_CRASHES_WORKER: never(
    'entry',
    'See in the log of the service or of the kernel how the process ended; replay the entry with more memory, or with a later release.',
  ),
  INBOX_DESCRIBE_FAILED: never('entry', 'Report the body of the entry with the name of the error.'),
  INBOX_TOO_MANY_ELEMENTS: never('entry', 'Look at the body (sweego-odoo-bridge inbox show <id> --body).'),
  REPLY_CIRCUIT_OPEN: never(
    'entry',
    'Discard the mails of the loop, or replay them: what is replayed passes.',
  ),
  REPLY_DOCUMENT_GONE: never('entry', giveDocument),
  REPLY_NOTE_UNCERTAIN: never('entry', giveDocument),
  REPLY_REFUSED: never('entry', 'See “Why Odoo refuses a reply” in docs/errors.md.'),
  REPLY_SUSPECT: never('entry', 'Replay it if a person wrote it, or discard it.'),
  REPLY_UNPLACED: never('entry', giveDocument),
  SWEEGO_BODY_UNREADABLE: never('entry', `${compare}/webhooks/payload; ${testDelivery}`),
} satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKindsByCode;

export const errorKinds: Readonly<Record<ErrorCode, ErrorKind>> = errorKindsByCode;
