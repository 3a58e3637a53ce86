import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';

const root = fileURLToPath(new URL('../..', import.meta.url));
const testPrograms = readdirSync(join(root, 'test/programs')).filter((name) => name.endsWith('.ts'));
const sources = ['src/main.ts', 'demo/demo.ts', ...testPrograms.map((name) => `test/programs/${name}`)];

let folder: string | undefined;

/**
 * Vitest's global set-up: builds each program that tests start as a process of its own into one file of a
 * temporary folder, under the path of its source.
 */
export async function setup(project: TestProject): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'built-programs-'));
  await build({
    absWorkingDir: root,
    entryPoints: sources,
    outbase: root,
    outdir: folder,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
  });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  // `provision` reads the actions beside its own folder. A bundled file lies one level higher, so it looks here.
  symlinkSync(join(root, 'src/provision'), join(folder, 'provision'));
  project.provide('builtProgramsFolder', folder);
}

export function teardown(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true });
}
