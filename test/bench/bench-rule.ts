import type { Administrator } from '../support/odoo/administrator.ts';
import { openBenchOdoo } from './bench-odoo.ts';
import type { BenchOdoo } from './bench-odoo.ts';

type Print = (line: string) => void;

const rounds = 3;

/** A way to create mails in Odoo. `make` returns milliseconds per mail, as the caller measures them. */
type Way = { name: string; make: (bench: BenchOdoo, count: number) => Promise<number> };

const ways: readonly Way[] = [
  { name: 'all in one create', make: makeTogether },
  { name: 'one create per call', make: makeOneByOne },
];

/** The states of the database that the automation rule meets. */
const situations = [
  { name: 'rule off', isRuleOn: false, isSweego: true },
  { name: 'rule on, no Sweego server', isRuleOn: true, isSweego: false },
  { name: 'rule on, Sweego server', isRuleOn: true, isSweego: true },
] as const;

/**
 * Creates mails of a document (so that Reply-To is signed) with the automation rule off and on, and prints the time
 * per mail of each: the shortest of several rounds, which alternate.
 *
 * @returns whether the rule signed every mail it should have signed, and no other
 */
export async function benchRule(count: number, print: Print): Promise<boolean> {
  const bench = await openBenchOdoo();
  try {
    const { administrator } = bench;
    await administrator.call('sale.order', 'create', [[{ partner_id: 1 }]]);
    print(
      `${count} mails of a sale order, best of ${rounds} rounds; real Odoo 19, database ${bench.database}`,
    );
    const best = new Map<string, number>();
    const signs: boolean[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const situation of situations) {
        await arrange(administrator, situation);
        await Promise.all(Array.from({ length: 6 }, () => makeOneByOne(bench, 5)));
        await administrator.runPython(`env['mail.message'].search([('subject', '=', 'Bench')]).unlink()`);
        for (const way of ways) {
          const key = `${way.name}: ${situation.name}`;
          best.set(key, Math.min(best.get(key) ?? Number.POSITIVE_INFINITY, await way.make(bench, count)));
        }
        signs.push(
          await isSignedAsExpected(administrator, situation.isRuleOn && situation.isSweego, 2 * count),
        );
      }
    }
    for (const way of ways) {
      print(way.name);
      const without = best.get(`${way.name}: rule off`) ?? 0;
      for (const { name } of situations) {
        const ms = best.get(`${way.name}: ${name}`) ?? 0;
        const more = name === 'rule off' ? '' : `  (+${(ms - without).toFixed(2)})`;
        print(`    ${name.padEnd(28)} ${ms.toFixed(2).padStart(6)} ms per mail${more}`);
      }
    }
    return !signs.includes(false);
  } finally {
    await bench.close();
  }
}

async function arrange(
  administrator: Administrator,
  situation: { isRuleOn: boolean; isSweego: boolean },
): Promise<void> {
  await administrator.runPython(
    `
env.ref('sweego_bridge.automation_mail_created').write({'active': env.context['rule']})
env['ir.mail_server'].search([]).write({'x_sweego_enabled': env.context['sweego']})
`,
    { rule: situation.isRuleOn, sweego: situation.isSweego },
  );
}

/** Creates all mails in one call, as the mass composer does. */
async function makeTogether({ administrator }: BenchOdoo, count: number): Promise<number> {
  const start = performance.now();
  await administrator.call('mail.mail', 'create', [await valuesOf(administrator, count)]);
  return (performance.now() - start) / count;
}

/** One transaction per mail, as when a user posts a message. Returns the median, with the time of the call. */
async function makeOneByOne({ administrator }: BenchOdoo, count: number): Promise<number> {
  const [values] = await valuesOf(administrator, 1);
  const times: number[] = [];
  for (let made = 0; made < count; made += 1) {
    const start = performance.now();
    await administrator.call('mail.mail', 'create', [[values]]);
    times.push(performance.now() - start);
  }
  return times.sort((one, other) => one - other)[Math.floor(count / 2)] ?? 0;
}

async function valuesOf(administrator: Administrator, count: number): Promise<Record<string, unknown>[]> {
  const [order] = (await administrator.call('sale.order', 'search', [[]], { limit: 1 })) as number[];
  return Array.from({ length: count }, (_, index) => ({
    subject: 'Bench',
    model: 'sale.order',
    res_id: order,
    body_html: '<p>Here is your quotation.</p>',
    email_from: '"Sales" <sales@example.com>',
    email_to: `customer-${index}@example.com`,
    auto_delete: true,
    headers: "{'X-Odoo-Objects': 'sale.order-1'}",
  }));
}

async function isSignedAsExpected(
  administrator: Administrator,
  isExpected: boolean,
  count: number,
): Promise<boolean> {
  const { signed } = (await administrator.runPython(`
mails = env['mail.mail'].search([('subject', '=', 'Bench')])
signed = mails.filtered(lambda mail: mail.x_sweego_relayed and 'reply+' in (mail.reply_to or '') and 'X-Message-Id' in mail.headers)
action = {'signed': len(signed)}
mails.mapped('mail_message_id').unlink()
`)) as { signed: number };
  return signed === (isExpected ? count : 0);
}
