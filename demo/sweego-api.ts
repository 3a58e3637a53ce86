import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerLogQuery } from './sweego-logs.ts';

/** Sweego's management API on loopback, as far as replies and reconciliation need it. */
export type SweegoApiStandIn = {
  url: string;
  apiKey: string;
  clientUuid: string;
  /** Keeps a file of an inbound mail, and returns the uuid that the webhook names. */
  addAttachment(bytes: Uint8Array): string;
  /** Sweego no longer has it. */
  removeAttachment(uuid: string): void;
  /** What `GET /logs/{swg_uid}` answers. */
  setLog(swgUid: string, log: Readonly<Record<string, unknown>>): void;
  /** Rows of `POST /logs/` in the order of the pages. A test may change them between two pages. */
  readonly logRows: Readonly<Record<string, unknown>>[];
  /** Each of the next requests fails with one of these statuses. */
  failNext(...statuses: readonly number[]): void;
  /** Method and path of every request, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
};

/** Like Sweego, it answers 401 to a wrong key and 404 for what it does not have. */
export async function startSweegoApi(): Promise<SweegoApiStandIn> {
  const apiKey = `key-${randomUUID()}`;
  const clientUuid = randomUUID();
  const attachments = new Map<string, Uint8Array>();
  const logs = new Map<string, Readonly<Record<string, unknown>>>();
  const logRows: Readonly<Record<string, unknown>>[] = [];
  const failures: number[] = [];
  const requests: string[] = [];

  function answer(request: IncomingMessage, response: ServerResponse): void {
    requests.push(`${request.method} ${request.url}`);
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const failure = failures.shift();
    if (failure !== undefined) return void json(failure, { detail: 'made to fail' });
    if (request.headers['api-key'] !== apiKey) return void json(401, { detail: 'Invalid API key' });
    if (request.method === 'POST') return void answerLogQuery(request, json, logRows);
    const [, kind, first, ...rest] = (request.url ?? '').split('/').map(decodeURIComponent);
    if (kind === 'logs' && first !== undefined && rest.length === 0) {
      return void json(200, logs.get(first) ?? { msg: 'No log found' });
    }
    const isAttachment = rest.slice(0, -1).join('/') === 'domains/inbound/attachments';
    const bytes =
      kind === 'clients' && first === clientUuid && isAttachment
        ? attachments.get(rest.at(-1) ?? '')
        : undefined;
    if (bytes === undefined) return void json(404, { detail: 'Cannot found given resource' });
    response
      .writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length })
      .end(bytes);
  }

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey,
    clientUuid,
    addAttachment(bytes) {
      const uuid = randomUUID();
      attachments.set(uuid, bytes);
      return uuid;
    },
    removeAttachment: (uuid) => void attachments.delete(uuid),
    logRows,
    setLog: (swgUid, log) => void logs.set(swgUid, log),
    failNext: (...statuses) => void failures.push(...statuses),
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
