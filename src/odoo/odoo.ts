/** One call of a public method of an Odoo model. */
export type OdooCall = {
  /** Odoo model name, for example `mail.mail`. */
  model: string;
  /** Public method name, for example `search_read`. */
  method: string;
  /** Record ids, for record methods. Model methods such as `create` and `search_read` have none. */
  ids?: readonly number[];
  /** Odoo context. */
  context?: Readonly<Record<string, unknown>>;
  /** Keyword arguments by their Python names. JSON-2 has no positional arguments. */
  arguments?: Readonly<Record<string, unknown>>;
  /** Milliseconds before ODOO_TIMEOUT. The default is that of the connection. */
  timeoutMs?: number;
};

/** The version that the server reports, for example `{ serie: '19.0', version: '19.0-20260101' }`. */
export type OdooVersion = { serie: string; version: string };

/**
 * Odoo's external API over any transport (JSON-2, JSON-RPC, XML-RPC). The same contract suite runs on every transport,
 * against a real Odoo 19 and against the stand-in.
 *
 * One call is one transaction in Odoo. An error does not prove that nothing was committed: ODOO_TIMEOUT, server errors,
 * and ODOO_UNREACHABLE after the request was sent can follow a commit. So check before repeating a call that writes.
 */
export type Odoo = {
  /**
   * Calls a method and returns its result. Python's `None` arrives as `null` on every transport. Empty fields arrive as
   * `false`, as Odoo sends them.
   *
   * `vals_list` of `create` must be a list. Then every transport answers with a list of ids.
   *
   * @throws BridgeError ODOO_*, as fault.ts maps them
   */
  call(call: OdooCall): Promise<unknown>;

  /**
   * Asks for the server's version. It needs no credentials.
   *
   * @throws BridgeError ODOO_UNREACHABLE, ODOO_TIMEOUT, ODOO_NOT_ODOO (something else answers at this URL)
   */
  version(): Promise<OdooVersion>;

  /** Closes the sockets. Later calls fail. */
  close(): Promise<void>;
};

/** The address of an Odoo and the user who calls it. */
export type OdooConnection = {
  /** Base URL without trailing slash, for example `https://odoo.example.com`. */
  url: string;
  database: string;
  /** Needed by JSON-RPC and XML-RPC. JSON-2 finds the user by the key alone. */
  login?: string;
  /** API key, or the user's password (JSON-RPC and XML-RPC only). */
  secret: string;
  /** Default time limit of one call, milliseconds. Odoo's own conflict retries take up to 17 s. */
  timeoutMs: number;
};
