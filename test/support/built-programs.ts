import { join } from 'node:path';
import { inject } from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    builtProgramsFolder: string;
  }
}

/**
 * The JavaScript of a TypeScript program, as built at the start of the test run. Node starts it in a third of
 * the time that tsx needs.
 *
 * @param source path of the program's source below the project: `src/main.ts`, `demo/demo.ts` or one of
 *   `test/programs`
 */
export function builtProgram(source: string): string {
  return join(inject('builtProgramsFolder'), source.replace(/\.ts$/, '.js'));
}
