/** One call of a public method of an Odoo model. */
export type OdooCall = {
  /** Odoo model name, for example `mail.mail`. */
  model: string;
  /** Public method name, for example `search_read`. */
  method: string;
  /** Record ids for record methods; left out for model methods (`create`, `search_read`, …). */
  ids?: readonly number[];
  /** Odoo context. */
  context?: Readonly<Record<string, unknown>>;
  /** Keyword arguments by their Python parameter names (JSON-2 knows no positional ones). */
  arguments?: Readonly<Record<string, unknown>>;
  /** Milliseconds before ODOO_TIMEOUT; the transport's default (60,000) when left out. */
  timeoutMs?: number;
};

/** The server's own account of its version, for example `{ serie: '19.0', version: '19.0-20260101' }`. */
export type OdooVersion = { serie: string; version: string };

/**
 * Odoo's external API, whichever transport carries it (JSON-2, JSON-RPC, XML-RPC). The same contract suite
 * runs on every transport, against a real Odoo 19 and against the stand-in.
 *
 * One call is one transaction in Odoo. An error never proves that nothing was committed: ODOO_TIMEOUT,
 * ODOO_UNREACHABLE after the request was sent, and server errors can follow a commit, so whoever repeats a
 * call that writes must look first.
 */
export type Odoo = {
  /**
   * Calls a method and returns its bare result. What Python returns as `None` arrives as `null` on every
   * transport; empty fields arrive as `false`, as Odoo sends them.
   *
   * Pass `create` its `vals_list` as a list, so that every transport answers with a list of ids.
   *
   * @throws BridgeError as mapped in fault.ts (codes ODOO_*)
   */
  call(call: OdooCall): Promise<unknown>;

  /**
   * Asks for the server's version, without credentials.
   *
   * @throws BridgeError ODOO_UNREACHABLE, ODOO_TIMEOUT, ODOO_NOT_ODOO (something else answers at this URL)
   */
  version(): Promise<OdooVersion>;

  /** Releases sockets. Calls made afterwards fail. */
  close(): Promise<void>;
};

/** Where an Odoo is and who calls it. */
export type OdooConnection = {
  /** Base URL without trailing slash, for example `https://odoo.example.com`. */
  url: string;
  database: string;
  /** Needed by JSON-RPC and XML-RPC; JSON-2 knows the user by the key alone. */
  login?: string;
  /** API key, or (JSON-RPC and XML-RPC only) the user's password. */
  secret: string;
  /** Default time limit of one call, milliseconds. Odoo's own conflict retries take up to 17 s. */
  timeoutMs: number;
};
