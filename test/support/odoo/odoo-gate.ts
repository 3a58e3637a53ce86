import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Which of the bridge's calls it is. `other` is the look-up of an action's id. */
export type OdooCall = 'settings' | 'read' | 'apply' | 'route' | 'deliver' | 'alert' | 'pending' | 'other';

/** `hold`: the call, or its answer, stops here, and the caller waits for ever. */
export type Verdict = 'pass' | 'hold';

/** What callers meet: Odoo, a proxy's HTML error page, silence, or a closed port. */
export type GateMode = 'open' | 'bad gateway' | 'hanging' | 'refusing';

export type OdooGate = {
  /** Base URL on 127.0.0.1, without trailing slash. */
  url: string;
  /** Every call that has come through the open gate, in order of arrival. */
  calls: readonly OdooCall[];
  /** Runs when a call has arrived, before Odoo sees it. */
  onArrival(hook: (call: OdooCall) => Promise<Verdict> | Verdict): void;
  /** Runs when Odoo has answered a call (and so has committed or undone it), before the caller sees that. */
  onAnswer(hook: (call: OdooCall, status: number) => Promise<Verdict> | Verdict): void;
  /** From the next call on; calls that hang are broken off. */
  setMode(mode: GateMode): Promise<void>;
  close(): Promise<void>;
};

/** A reverse proxy before Odoo's HTTP port that knows the bridge's calls over JSON-2, and can block or disturb them. */
export async function openOdooGate(odooUrl: string): Promise<OdooGate> {
  const calls: OdooCall[] = [];
  let mode: GateMode = 'open';
  let arrival: (call: OdooCall) => Promise<Verdict> | Verdict = () => 'pass';
  let answered: (call: OdooCall, status: number) => Promise<Verdict> | Verdict = () => 'pass';

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readAll(incoming);
    if (mode === 'hanging') return;
    if (mode === 'bad gateway') {
      outgoing.writeHead(502, { 'content-type': 'text/html' });
      outgoing.end('<html><body><h1>502 Bad Gateway</h1></body></html>');
      return;
    }
    const call = callOf(incoming.url ?? '', body);
    calls.push(call);
    if ((await arrival(call)) === 'hold') return;
    const answer = await forward(odooUrl, incoming, body);
    if ((await answered(call, answer.status)) === 'hold') return;
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(answer.body);
  }

  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  const stopListening = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    onArrival(hook) {
      arrival = hook;
    },
    onAnswer(hook) {
      answered = hook;
    },
    async setMode(next) {
      if (mode === 'hanging') server.closeAllConnections();
      if (next === 'refusing' && server.listening) await stopListening();
      mode = next;
      if (next !== 'refusing' && !server.listening) await listen(port);
    },
    async close() {
      if (server.listening) await stopListening();
    },
  };
}

function callOf(path: string, body: Buffer): OdooCall {
  if (!path.endsWith('/ir.actions.server/run')) return 'other';
  const { context } = JSON.parse(body.toString()) as {
    context?: { sweego_bridge?: Readonly<Record<string, unknown>> };
  };
  const input = context?.sweego_bridge ?? {};
  const marks = { addresses: 'route', message: 'deliver', key: 'alert', cursor: 'pending' } as const;
  for (const [name, call] of Object.entries(marks)) if (name in input) return call;
  if ('message_ids' in input) return 'read';
  return 'changes' in input ? 'apply' : 'settings';
}

type Answer = { status: number; headers: IncomingMessage['headers']; body: Buffer };

function forward(odooUrl: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(incoming.url ?? '/', odooUrl),
      { method: incoming.method ?? 'GET', headers: incoming.headers, agent: false },
      (answer) => {
        readAll(answer).then((content) => {
          const headers = { ...answer.headers };
          delete headers['transfer-encoding'];
          resolve({ status: answer.statusCode ?? 502, headers, body: content });
        }, reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
