import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

/**
 * The bridge is compared with this server: a handler that reads the body, answers 200 and does nothing else.
 * Prints its URL once it listens, and runs until it is killed.
 */
const app = new Hono();
app.post('/sweego/webhook/outbound', async (c) => {
  await c.req.arrayBuffer();
  return c.json({ status: 'ok' });
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }: AddressInfo) => {
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
