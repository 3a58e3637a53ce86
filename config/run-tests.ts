import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * `npm test`: the type check, lint and vitest at the same time, because none of them needs another's result.
 * Vitest gets the arguments and prints while it runs. What the others print is shown at the end, if they fail.
 */
const vitestArguments = ['run', '--config', 'config/vitest.config.ts', ...process.argv.slice(2)];
const vitest = spawn('vitest', vitestArguments, { stdio: 'inherit' });
const typeCheck = spawn('npm', ['run', 'typecheck'], { stdio: ['ignore', 'pipe', 'pipe'] });
const lint = spawn('npm', ['run', 'lint'], { stdio: ['ignore', 'pipe', 'pipe'] });

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const child of [vitest, typeCheck, lint]) child.kill(signal);
  });
}

const steps = await Promise.all([
  endOf('the type check', typeCheck),
  endOf('lint', lint),
  endOf('vitest', vitest),
]);
for (const { name, output, hasPassed, seconds } of steps) {
  if (!hasPassed) process.stdout.write(output);
  process.stdout.write(`${name} ${hasPassed ? 'passed' : 'FAILED'} after ${seconds} s\n`);
}
process.exitCode = steps.every(({ hasPassed }) => hasPassed) ? 0 : 1;

async function endOf(name: string, child: ChildProcess) {
  const begunMs = performance.now();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  await once(child, 'close');
  const seconds = Math.round((performance.now() - begunMs) / 1000);
  return { name, output, hasPassed: child.exitCode === 0, seconds };
}
