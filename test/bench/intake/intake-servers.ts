import { setTimeout as sleep } from 'node:timers/promises';
import { openInbox } from '../../../src/inbox/open.ts';
import { startBridge } from '../../support/bridge/bridge-process.ts';
import { findFreePort } from '../../support/free-port.ts';
import { startProgram } from '../child-program.ts';
import type { BenchDatabase } from '../databases.ts';
import { intakeSecret } from './intake-event.ts';

/** How many changes Odoo applies per second here: more than a real Odoo, so that the worker is never idle. */
const changesPerSecond = 1_500;

/** A server under load, in a process of its own and with an empty inbox. */
export type IntakeServer = {
  url: string;
  pid: number;
  /** How many requests it has stored; undefined for a server that stores nothing. */
  countStored(): Promise<{ stored: number; settled: number } | undefined>;
  close(): Promise<void>;
};

export type IntakeVariant = { name: string; open(): Promise<IntakeServer> };

/** Only the handler: no signature, no storage. */
export const bareVariant: IntakeVariant = {
  name: '(a) bare Hono',
  async open() {
    const program = startProgram('intake/bare-server', []);
    return {
      url: await program.nextLine(),
      pid: program.pid,
      countStored: async () => undefined,
      close: () => program.end(),
    };
  },
};

/** The bridge while nothing listens at ODOO_URL. */
export function variantWithoutOdoo(name: string, openDatabase: OpenDatabase): IntakeVariant {
  return {
    name: `${name}, Odoo down`,
    open: async () =>
      openIntakeBridge(openDatabase, {
        ODOO_URL: `http://127.0.0.1:${await findFreePort()}`,
        SWEEGO_OUTBOUND_SECRETS: intakeSecret,
      }),
  };
}

/** The bridge while its worker processes the webhooks that arrive. */
export function drainingVariant(name: string, openDatabase: OpenDatabase): IntakeVariant {
  return {
    name: `${name}, worker drains`,
    async open() {
      const odoo = startProgram('quick-odoo', [intakeSecret, String(changesPerSecond)]);
      const bridge = await openIntakeBridge(openDatabase, { ODOO_URL: await odoo.nextLine() });
      const close = async () => {
        await bridge.close();
        await odoo.end();
      };
      while (!(await isReady(bridge.url))) await sleep(100);
      return { ...bridge, close };
    },
  };
}

export type OpenDatabase = () => Promise<BenchDatabase>;

async function openIntakeBridge(
  openDatabase: OpenDatabase,
  environment: Readonly<Record<string, string>>,
): Promise<IntakeServer> {
  const database = await openDatabase();
  const bridge = await startBridge({
    ODOO_DATABASE: 'bench',
    ODOO_API_KEY: 'bench-key',
    DATABASE_URL: database.url,
    ...environment,
  });
  // This program opens the inbox itself, because the answer of /readyz may be two seconds old.
  const inbox = await openInbox(database.url);
  return {
    url: bridge.url,
    pid: bridge.pid,
    async countStored() {
      const { unclaimed, states } = await inbox.status();
      const entries = Object.values(states).reduce((sum, count) => sum + count, 0);
      return { stored: unclaimed + entries, settled: states.settled };
    },
    async close() {
      await bridge.kill();
      await inbox.close();
      await database.drop();
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/readyz`)).ok;
}
