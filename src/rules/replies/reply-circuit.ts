/** More mails of one sender to one record within `circuitWindowMs` look like a loop. */
const circuitMails = 20;
export const circuitWindowMs = 10 * 60 * 1000;

/** The arrival times of one sender's mails to one record in the last ten minutes. */
export type CircuitMemory = { arrivals: readonly Date[]; isOpen: boolean };

/**
 * Whether one more mail of a sender may be posted to a record. Twenty mails within ten minutes may; further ones must be
 * parked until fewer arrive. Parked mails count too, or a loop would get twenty mails through every ten minutes.
 *
 * The time of arrival counts, not the time of processing. A backlog after an outage of Odoo is not a loop, and mails may be
 * processed in any order. A mail that an operator replays must not be passed to this function.
 *
 * @returns `isFirst`: this mail opens the circuit, so the one alert is raised for it
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

/** The key of a memory. `record` is the record's model and id, or the alias if no record exists yet. */
export function circuitKey(sender: string, record: string): string {
  return `${sender.trim().toLowerCase()}\n${record}`;
}
