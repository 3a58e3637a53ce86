import { findFreePort } from '../free-port.ts';
import { runRealOdooScriptWith } from '../odoo/real-odoo-script.ts';

/** A PostgreSQL that one test file may stop and start as it likes. */
export type PostgresServer = {
  url: string;
  start: () => Promise<void>;
  /** Ends connections and transactions, then the server. */
  stop: () => Promise<void>;
  /** Ends at once, as in a power cut: the next start recovers from the write-ahead log. */
  crash: () => Promise<void>;
  /** Stops it and deletes its data. */
  remove: () => Promise<void>;
};

/** A new, running one on a port of its own; takes a second or two. */
export async function openPostgresServer(): Promise<PostgresServer> {
  const port = String(await findFreePort());
  const script = (verb: string) =>
    runRealOdooScriptWith({ REAL_INBOX_POSTGRES_PORT: port }, 'postgresql', verb);
  const printed = await script('start');
  const url = /^INBOX_POSTGRES_URL=(.+)$/m.exec(printed)?.[1];
  if (url === undefined) throw new Error(`config/real-odoo.sh postgresql printed no URL:\n${printed}`);
  const act = (verb: string) => async () => void (await script(verb));
  return { url, start: act('start'), stop: act('stop'), crash: act('crash'), remove: act('remove') };
}
