/**
 * The bridge's reading of the log is compared with this client, which only fetches the same pages and parses them as
 * JSON. Prints a LogReading as one line of JSON.
 *
 * Argument: the URL of Sweego's API.
 */
const [, , url] = process.argv;

export type LogReading = { rowsPerSecond: number };

type Page = { result: readonly unknown[]; nb_result_without_offset: number };

const size = 500;
const start = performance.now();
let rows = 0;
for (let offset = 0, isLast = false; !isLast; offset += size * 0.9) {
  const response = await fetch(`${url}/logs/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ channel: 'email', domains: ['example.com'], size, offset }),
  });
  const page = (await response.json()) as Page;
  rows += page.result.length;
  isLast = offset + page.result.length >= page.nb_result_without_offset;
}
const reading: LogReading = { rowsPerSecond: (rows / (performance.now() - start)) * 1000 };
process.stdout.write(`${JSON.stringify(reading)}\n`);
