import { expect, it } from 'vitest';
import { circuitKey, circuitWindowMs, passCircuit } from '../../../src/rules/replies/reply-circuit.ts';
import type { CircuitMemory } from '../../../src/rules/replies/reply-circuit.ts';

const start = new Date('2026-03-04T05:00:00Z').getTime();

/** Sends mails at these times, in milliseconds after the start, in this order. */
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

it('lets twenty mails within ten minutes through, parks the next ones, and raises one alert', () => {
  expect(send(every(10_000, 20))).toEqual({ refused: [], alerts: 0 });
  expect(send(every(10_000, 50))).toEqual({ refused: every(10_000, 30, 200_000), alerts: 1 });
});

it('stays open as long as the loop continues, because parked mails count too', () => {
  const day = send(every(10_000, 8640));
  expect(day.refused).toHaveLength(8620);
  expect(day.alerts).toBe(1);
});

it('closes when fewer mails arrive, and raises an alert again when it opens again', () => {
  const calm = circuitWindowMs + every(10_000, 30).at(-1)!;
  const again = send([...every(10_000, 30), ...every(10_000, 25, calm)]);
  expect(again.refused).toEqual([...every(10_000, 10, 200_000), ...every(10_000, 5, calm + 200_000)]);
  expect(again.alerts).toBe(2);
});

it('never opens for a person who writes twenty mails every ten minutes and one second', () => {
  expect(send(every(circuitWindowMs / 20, 200)).refused).toEqual([]);
});

it('judges a backlog by the arrival of its mails, processed in any order', () => {
  const slow = every(60_000, 100);
  expect(send([...slow].reverse()).refused).toEqual([]);
});

it('separates records and senders, and ignores the case of a sender', () => {
  expect(circuitKey('Ann@Example.com', 'sale.order,23')).toBe(
    circuitKey('ann@example.com ', 'sale.order,23'),
  );
  expect(circuitKey('ann@example.com', 'sale.order,23')).not.toBe(
    circuitKey('ann@example.com', 'sale.order,2'),
  );
});
