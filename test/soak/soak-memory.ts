import { startProgram } from '../bench/child-program.ts';
import { createDatabase } from '../bench/databases.ts';
import { drainingVariant } from '../bench/intake/intake-servers.ts';
import type { LoadReport } from '../bench/intake/webhook-load.ts';
import { residentBytesOf } from '../bench/process-usage.ts';

type Print = (line: string) => void;

const step = 20_000;
const concurrency = 64;

/**
 * Prints the resident memory of the built bridge after every 20,000 webhooks while its worker processes them.
 *
 * @returns whether every webhook was answered with 200, and is in the inbox
 */
export async function soakMemory(
  requests: number,
  postgresUrl: string | undefined,
  print: Print,
): Promise<boolean> {
  const server = await drainingVariant('bridge', () => createDatabase(postgresUrl)).open();
  const sizes: number[] = [];
  let answered = 0;
  try {
    for (let sent = step; sent <= requests; sent += step) {
      const load = startProgram('intake/webhook-load', [server.url, concurrency, 0, step].map(String));
      await load.nextLine();
      const { statuses } = JSON.parse(await load.nextLine()) as LoadReport;
      await load.end();
      answered += statuses['200'] ?? 0;
      const size = (await residentBytesOf(server.pid)) / 1024 / 1024;
      sizes.push(size);
      const settled = (await server.countStored())?.settled ?? 0;
      print(
        `${String(sent).padStart(9)} taken  ${String(settled).padStart(9)} settled  ${size.toFixed(0)} MiB`,
      );
    }
    const quarter = Math.max(1, Math.floor(sizes.length / 4));
    const ratio = mean(sizes.slice(-quarter)) / mean(sizes.slice(0, quarter));
    print(`last quarter to first quarter: ${ratio.toFixed(2)}`);
    return answered === sizes.length * step && (await server.countStored())?.stored === answered;
  } finally {
    await server.close();
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
