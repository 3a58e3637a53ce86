import type { OdooCall, OdooGate } from '../support/odoo/odoo-gate.ts';

/** The calls of one kind since the last reset. Times are milliseconds since 1970, or 0 before the first call. */
export type CallTraffic = { calls: number; firstAt: number; lastAnsweredAt: number; waitedMs: number };

/** Counts the calls that pass the gate in front of Odoo. Calls of one kind must not overlap. */
export function watchOdooTraffic(gate: OdooGate): { of(call: OdooCall): CallTraffic; reset(): void } {
  const traffic = new Map<OdooCall, CallTraffic>();
  const arrivedAt = new Map<OdooCall, number>();
  const of = (call: OdooCall) =>
    traffic.get(call) ?? { calls: 0, firstAt: 0, lastAnsweredAt: 0, waitedMs: 0 };
  gate.onArrival((call) => {
    const now = Date.now();
    const { calls, firstAt, ...rest } = of(call);
    traffic.set(call, { ...rest, calls: calls + 1, firstAt: firstAt || now });
    arrivedAt.set(call, now);
    return 'pass';
  });
  gate.onAnswer((call) => {
    const now = Date.now();
    const waitedMs = of(call).waitedMs + now - (arrivedAt.get(call) ?? now);
    traffic.set(call, { ...of(call), lastAnsweredAt: now, waitedMs });
    return 'pass';
  });
  return { of, reset: () => traffic.clear() };
}
