import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { htmlAnswer, jsonAnswer } from './answer.ts';
import type { StandInAnswer } from './answer.ts';
import { answerJsonRpc } from './json-rpc-answers.ts';
import { answerJson2 } from './json2-answers.ts';
import type { StandInDatabase } from './protocol.ts';
import { answerXmlRpc } from './xml-rpc-answers.ts';

/**
 * Answers like the HTTP side of an Odoo 19 with this one database: JSON-2, JSON-RPC, XML-RPC and /web/version, on a
 * free port of 127.0.0.1. As Odoo does, it closes the connection after every answer.
 */
export async function openStandInServer(
  database: StandInDatabase,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    // A caller that hangs up before it has asked gets no answer.
    void readBody(request).then(
      async (body) => {
        const { status, headers, body: text } = await route(database, request, body);
        response.writeHead(status, { ...headers, connection: 'close' }).end(text);
      },
      () => undefined,
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function route(
  database: StandInDatabase,
  { method, url, headers }: IncomingMessage,
  body: string,
): Promise<StandInAnswer> {
  const path = (url ?? '').split('?')[0] ?? '';
  if (path === '/web/version' && method === 'GET') {
    return jsonAnswer(200, { version_info: [19, 0, 0, 'final', 0, ''], version: '19.0' });
  }
  if (method === 'POST') {
    if (path.startsWith('/json/2/')) return answerJson2(database, { path, headers, body });
    if (path === '/jsonrpc') return answerJsonRpc(database, body);
    const service = /^\/xmlrpc\/2\/(common|object)$/.exec(path)?.[1];
    if (service !== undefined) return answerXmlRpc(database, service, body);
  }
  return htmlAnswer(404, 'The requested URL was not found on the server.');
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
