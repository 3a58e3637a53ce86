import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { logRowAt } from './log-rows.ts';
import type { LogContents } from './log-rows.ts';

/**
 * Sweego's log of the domain example.com, written beforehand: a page is a piece of memory, so that answering costs
 * next to nothing. It says nothing about Sweego's own speed.
 *
 * `PUT /contents` takes a LogContents; `GET /seen` returns the LogTraffic since the last such request. Prints its URL once
 * it listens, and runs until it is killed.
 */

/** Instants are milliseconds since 1970; 0 before there was one. */
export type LogTraffic = { requests: number; bytes: number; firstAskedAt: number; lastAnsweredAt: number };

type Query = { channel: string; domains?: readonly string[]; offset?: number; size: number };

const nothing: LogTraffic = { requests: 0, bytes: 0, firstAskedAt: 0, lastAnsweredAt: 0 };
let seen = { ...nothing };
/** All rows, each followed by a comma, and where each begins. */
let text = Buffer.alloc(0);
let begins: readonly number[] = [0];

function write(contents: LogContents): void {
  const pieces: Buffer[] = [];
  const places = [0];
  for (let index = 0; index < contents.rows; index += 1) {
    const row = Buffer.from(`${JSON.stringify(logRowAt(contents, index))},`);
    pieces.push(row);
    places.push((places[index] ?? 0) + row.length);
  }
  text = Buffer.concat(pieces);
  begins = places;
}

function answerQuery({ channel, domains, offset = 0, size }: Query, response: ServerResponse): void {
  const rows = begins.length - 1;
  if (channel !== 'email' || !domains?.includes('example.com') || rows === 0) {
    return answer(response, 422, [Buffer.from('{"detail":"No logs found"}')]);
  }
  const begin = Math.min(offset, rows);
  const end = Math.min(offset + size, rows);
  const page = text.subarray(begins[begin], Math.max((begins[end] ?? 0) - 1, begins[begin] ?? 0));
  const counts = `],"nb_result":${end - begin},"nb_result_without_offset":${rows}}`;
  answer(response, 200, [Buffer.from('{"state":true,"result":['), page, Buffer.from(counts)]);
}

function answer(response: ServerResponse, status: number, pieces: readonly Buffer[]): void {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length });
  for (const piece of pieces) response.write(piece);
  response.end();
  seen.bytes += length;
  seen.lastAnsweredAt = Date.now();
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const at = Date.now();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const sent = Buffer.concat(chunks).toString('utf8');
  if (request.method === 'PUT') {
    write(JSON.parse(sent) as LogContents);
    response.end();
  } else if (request.method === 'GET') {
    response.end(JSON.stringify(seen));
    seen = { ...nothing };
  } else {
    seen.requests += 1;
    seen.firstAskedAt ||= at;
    answerQuery(JSON.parse(sent) as Query, response);
  }
}

const server = createServer((request, response) => void handle(request, response));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
