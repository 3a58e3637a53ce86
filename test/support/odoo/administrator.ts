/** The administrator of a test database, as the templates of config/real-odoo.sh create them. */
export const adminLogin = 'admin';
export const adminPassword = 'admin';

/** Database id of `base.user_admin` in every Odoo database. */
const adminUid = 2;

/** What a test does as Odoo's administrator, apart from the transports it may be testing. */
export type Administrator = {
  /** Calls a public method by JSON-RPC's `execute_kw`, positional arguments first. */
  call(
    model: string,
    method: string,
    positional?: readonly unknown[],
    keywords?: Readonly<Record<string, unknown>>,
  ): Promise<unknown>;
  /**
   * Runs Python as a server action of the administrator (Odoo's dialect: no imports, private methods allowed)
   * and returns what it left in the variable `action`. `input` arrives in `env.context`.
   */
  runPython(code: string, input?: Readonly<Record<string, unknown>>): Promise<unknown>;
};

/** Speaks as the administrator of one database of the Odoo at `url`. An answer may take `timeoutMs`. */
export function createAdministrator(url: string, database: string, timeoutMs = 120_000): Administrator {
  const call: Administrator['call'] = async (model, method, positional = [], keywords = {}) => {
    const response = await fetch(`${url}/jsonrpc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'call',
        params: {
          service: 'object',
          method: 'execute_kw',
          args: [database, adminUid, adminPassword, model, method, positional, keywords],
        },
      }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const answer = (await response.json()) as {
      result?: unknown;
      error?: { data: { name: string; message: string; debug: string } };
    };
    if (answer.error) {
      const { name, message, debug } = answer.error.data;
      throw new Error(`${model}.${method} in ${database}: ${name}: ${message}\n${debug}`);
    }
    return answer.result ?? null;
  };

  return {
    call,
    async runPython(code, input = {}) {
      const [model] = (await call('ir.model', 'search', [[['model', '=', 'res.partner']]])) as [number];
      const [id] = (await call('ir.actions.server', 'create', [
        [{ name: 'Run by a test', model_id: model, state: 'code', code }],
      ])) as [number];
      try {
        return await call('ir.actions.server', 'run', [[id]], { context: input });
      } finally {
        await call('ir.actions.server', 'unlink', [[id]]);
      }
    },
  };
}
