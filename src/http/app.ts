import { Hono } from 'hono';
import type { Context } from 'hono';
import { answerHealth, answerReadiness } from './status.ts';
import type { Readiness } from './status.ts';
import { takeWebhook } from './webhook.ts';
import type { WebhookDeps } from './webhook.ts';

export type AppDeps = WebhookDeps & { readiness(): Promise<Readiness> };

/**
 * All HTTP routes of the bridge. Answers are JSON. An unknown path is 404; another method on a known path is 405 with
 * `Allow` (RFC 9110 §15.5.6).
 */
export function createApp(deps: AppDeps): Hono {
  const app = new Hono();

  app.post('/sweego/webhook/outbound', (c) => takeWebhook(c, 'outbound', deps));
  app.post('/sweego/webhook/inbound', (c) => takeWebhook(c, 'inbound', deps));
  app.get('/healthz', answerHealth);
  app.get('/readyz', (c) => answerReadiness(c, () => deps.readiness()));

  app.all('/sweego/webhook/outbound', (c) => refuseMethod(c, 'POST'));
  app.all('/sweego/webhook/inbound', (c) => refuseMethod(c, 'POST'));
  app.all('/healthz', (c) => refuseMethod(c, 'GET, HEAD'));
  app.all('/readyz', (c) => refuseMethod(c, 'GET, HEAD'));

  app.notFound((c) => c.json({ status: 'refused', error: 'not found' }, 404));
  app.onError((error, c) => {
    deps.log.error({ path: c.req.path, error: error.name }, 'request failed');
    return c.json({ status: 'failed', error: 'internal error' }, 500);
  });
  return app;
}

function refuseMethod(c: Context, allow: string) {
  c.header('allow', allow);
  return c.json({ status: 'refused', error: 'method not allowed' }, 405);
}
