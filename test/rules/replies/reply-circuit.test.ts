import { expect, it } from 'vitest';
import { circuitKey, circuitWindowMs, passCircuit } from '../../../src/rules/replies/reply-circuit.ts';
import type { CircuitMemory } from '../../../src/rules/replies/reply-circuit.ts';

const start = new Date('2026-03-04T05:00:00Z').getTime();

/** Sends mails at these milliseconds after the start, in this order. */
function send(times: readonly number[]): { refused: number[]; alerts: number } {
  let memory: CircuitMemory | undefined;
  const refused: number[] = [];
  let alerts = 0;
  for (const time of times) {
    const answer = passCircuit(memory, new Date(start + time));
    memory = answer.memory;
    if (answer.isRefused) refused.push(time);
    if (answer.isFirst) alerts += 1;
  }
  return { refused, alerts };
}

const every = (ms: number, count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i * ms);

it('lets twenty mails within ten minutes through, parks what follows, and alerts once', () => {
  expect(send(every(10_000, 20))).toEqual({ refused: [], alerts: 0 });
  expect(send(every(10_000, 50))).toEqual({ refused: every(10_000, 30, 200_000), alerts: 1 });
});

it('stays open for as long as the loop goes on, since parked mails count too', () => {
  const day = send(every(10_000, 8640));
  expect(day.refused).toHaveLength(8620);
  expect(day.alerts).toBe(1);
});

it('closes once fewer arrive, and alerts again when it opens again', () => {
  const calm = circuitWindowMs + every(10_000, 30).at(-1)!;
  const again = send([...every(10_000, 30), ...every(10_000, 25, calm)]);
  expect(again.refused).toEqual([...every(10_000, 10, 200_000), ...every(10_000, 5, calm + 200_000)]);
  expect(again.alerts).toBe(2);
});

it('never opens for a busy person who writes twenty mails in every ten minutes and a second', () => {
  expect(send(every(circuitWindowMs / 20, 200)).refused).toEqual([]);
});

it('judges a backlog by when its mails arrived, whatever the order they are worked on in', () => {
  const slow = every(60_000, 100);
  expect(send([...slow].reverse()).refused).toEqual([]);
});

it('holds the record and the sender apart, and knows the sender whatever the case', () => {
  expect(circuitKey('Ann@Example.com', 'sale.order,23')).toBe(
    circuitKey('ann@example.com ', 'sale.order,23'),
  );
  expect(circuitKey('ann@example.com', 'sale.order,23')).not.toBe(
    circuitKey('ann@example.com', 'sale.order,2'),
  );
});
