import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { htmlAnswer, jsonAnswer } from './answer.ts';
import type { StandInAnswer } from './answer.ts';
import { answerJsonRpc } from './json-rpc-answers.ts';
import { answerJson2 } from './json2-answers.ts';
import type { StandInDatabase } from './protocol.ts';
import { answerXmlRpc } from './xml-rpc-answers.ts';

/**
 * Answers like the HTTP side of an Odoo 19 with this one database: JSON-2, JSON-RPC, XML-RPC and
 * /web/version, on 127.0.0.1 only. As Odoo does, it closes the connection after every answer.
 *
 * @param port 0 for any free one
 */
export async function openStandInServer(
  database: StandInDatabase,
  { port }: { port: number },
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void answer(database, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: boundPort } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${boundPort}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  database: StandInDatabase,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request).catch(() => undefined);
  if (body === undefined) {
    return;
  }
  const { status, headers, body: text } = await route(database, request, body);
  response.writeHead(status, { ...headers, connection: 'close' });
  response.end(text);
}

async function route(
  database: StandInDatabase,
  request: IncomingMessage,
  body: string,
): Promise<StandInAnswer> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (path === '/web/version' && request.method === 'GET') {
    return jsonAnswer(200, { version_info: [19, 0, 0, 'final', 0, ''], version: '19.0' });
  }
  if (path.startsWith('/json/2/')) {
    return answerJson2(database, { method: request.method ?? '', path, headers: request.headers, body });
  }
  if (path === '/jsonrpc' && request.method === 'POST') {
    return answerJsonRpc(database, body);
  }
  const service = /^\/xmlrpc\/2\/(common|object)$/.exec(path)?.[1];
  if (service !== undefined && request.method === 'POST') {
    return answerXmlRpc(database, service, body);
  }
  return htmlAnswer(404, 'The requested URL was not found on the server.');
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
