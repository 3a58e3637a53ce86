import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

/**
 * What the bridge is measured against: a handler that reads the body and answers 200, with nothing else to do.
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
