import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openBridge } from '../src/bridge/bridge.ts';
import { BridgeError } from '../src/errors.ts';
import { openInbox } from '../src/inbox/open.ts';
import { createLog } from '../src/log.ts';
import { createOrderMails } from './order-mails.ts';
import { startSmtpSink } from './smtp-sink.ts';
import { startStandInSweego } from './stand-in-sweego.ts';
import { prepareOdoo } from './story/prepare-odoo.ts';
import { openRealStage, openStandInStage, StageRefused } from './story/stage.ts';
import type { Stage } from './story/stage.ts';
import { tellStory } from './story/story.ts';
import { createTimeline, StepFailed } from './story/timeline.ts';

const usage = `npm run demo [-- --keep] [-- --real]
  --keep  leave everything running after the story, until Ctrl-C
  --real  on the Odoo of ODOO_URL, ODOO_DATABASE, ODOO_API_KEY, PROVISION_LOGIN and PROVISION_PASSWORD,
          whose database must be a test database of config/real-odoo.sh`;

const now = () => new Date();
const readFile = (path: string) => readFileSync(path, 'utf8');

/** Plays the story on a stage. It adds each thing to close afterwards to the front of `closers`. */
async function play(stage: Stage, closers: (() => Promise<void>)[]): Promise<void> {
  const timeline = createTimeline((line) => console.log(line));
  const outboundSecret = randomBytes(48).toString('base64');
  const inboundSecret = randomBytes(48).toString('base64');
  const domain = `demo-${randomBytes(3).toString('hex')}.example.com`;

  const sink = await startSmtpSink();
  closers.unshift(() => sink.close());
  const retire = await timeline.step('An administrator chooses Sweego as outgoing mail server', () =>
    prepareOdoo({ admin: stage.admin, timeline, domain, smtpPort: sink.port, outboundSecret, inboundSecret }),
  );
  closers.unshift(retire);

  const { config } = stage;
  const log = createLog({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => void process.stderr.write(line),
    now,
    secrets: config.secrets,
  });
  const bridge = await timeline.step('The bridge starts beside Odoo', async () => {
    const opened = await openBridge(config, { now, log });
    timeline.show('bridge', opened.url);
    timeline.show('Odoo', stage.description);
    return opened;
  });
  closers.unshift(() => bridge.close());
  const inbox = await openInbox(config.databaseUrl);
  closers.unshift(() => inbox.close());
  const sweego = await startStandInSweego({
    secret: outboundSecret,
    webhookUrl: `${bridge.url}/sweego/webhook/outbound`,
    inbound: { secret: inboundSecret, webhookUrl: `${bridge.url}/sweego/webhook/inbound` },
    smtp: sink,
  });
  closers.unshift(() => sweego.close());
  await tellStory({
    timeline,
    mails: createOrderMails(stage.admin),
    sweego,
    inbox,
    emailFrom: `"Example Sales" <sales@${domain}>`,
    outboundSecret,
    now,
  });
  console.log('\nEvery step had its effect.');
}

async function main(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== '--keep' && arg !== '--real')) {
    console.error(usage);
    return 2;
  }
  const closers: (() => Promise<void>)[] = [];
  try {
    const stage = await (args.includes('--real')
      ? openRealStage(process.env, readFile)
      : openStandInStage(readFile));
    closers.unshift(() => stage.close());
    await play(stage, closers);
    if (args.includes('--keep')) {
      console.log('Left running. Ctrl-C ends it.');
      await untilInterrupted();
    }
    return 0;
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof StepFailed && error.cause instanceof BridgeError) console.error(error.cause.code);
    const isSetUpWrong = error instanceof BridgeError && error.code === 'CONFIG_INVALID';
    return error instanceof StageRefused || isSetUpWrong ? 2 : 1;
  } finally {
    for (const close of closers) {
      await close().catch((error: unknown) => console.error('Closing failed:', error));
    }
  }
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    // A pending promise does not keep the process alive, but the servers do.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

process.exitCode = await main(process.argv.slice(2));
