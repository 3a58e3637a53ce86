import { readFile } from 'node:fs/promises';

/** In /proc Linux counts the time of a process in hundredths of a second, on every kernel. */
const ticksPerSecond = 100;

/** Processor time a process has used so far with all its threads, milliseconds (proc(5), /proc/pid/stat). */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name in parentheses and may hold any character; the third is field 0 here.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1000;
}

/** Resident memory of a process, bytes. */
export function residentBytesOf(pid: number): Promise<number> {
  return memoryOf(pid, 'VmRSS');
}

/** The highest resident memory of a process so far, bytes (proc(5), VmHWM). NaN when it is ending. */
export function peakBytesOf(pid: number): Promise<number> {
  return memoryOf(pid, 'VmHWM');
}

async function memoryOf(pid: number, name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
}
