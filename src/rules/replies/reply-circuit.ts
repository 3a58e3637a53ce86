/** A loop that nothing else recognised: this many mails of one sender on one record … */
const circuitMails = 20;
/** … within this time. */
export const circuitWindowMs = 10 * 60 * 1000;

/** What is remembered of one sender on one record: when his mails of the last ten minutes arrived. */
export type CircuitMemory = { arrivals: readonly Date[]; isOpen: boolean };

/**
 * Whether one more mail of a sender may go onto a record. Twenty pass within ten minutes; what follows is to
 * be parked, until fewer arrive. A parked mail counts like any other: otherwise a loop would get twenty mails
 * through every ten minutes for ever.
 *
 * Arrival times count, not the time of working: a backlog after an outage of Odoo is no loop, and mails may be
 * worked on in any order. What an operator replays is his decision and is not to be asked about here.
 *
 * @returns `isFirst`: the circuit opens with this mail, which is the moment for the one alert
 */
export function passCircuit(
  memory: CircuitMemory | undefined,
  arrivedAt: Date,
): { memory: CircuitMemory; isRefused: boolean; isFirst: boolean } {
  const all = [...(memory?.arrivals ?? []), arrivedAt].sort((a, b) => a.getTime() - b.getTime());
  const latest = all.at(-1)?.getTime() ?? 0;
  const arrivals = all.filter((time) => time.getTime() > latest - circuitWindowMs);
  const around = arrivals.filter(
    (time) => time <= arrivedAt && time.getTime() > arrivedAt.getTime() - circuitWindowMs,
  );
  const isRefused = around.length > circuitMails;
  return {
    memory: { arrivals: arrivals.slice(-2 * circuitMails), isOpen: isRefused },
    isRefused,
    isFirst: isRefused && memory?.isOpen !== true,
  };
}

/** What a memory is kept under; the record's model and id, or the alias where none exists yet. */
export function circuitKey(sender: string, record: string): string {
  return `${sender.trim().toLowerCase()}\n${record}`;
}
