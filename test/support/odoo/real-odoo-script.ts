import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('../../../config/real-odoo.sh', import.meta.url));

/**
 * Runs one verb of config/real-odoo.sh (listed at its top) and returns what it printed.
 *
 * @throws Error with the script's own message, which ends with the fix
 */
export function runRealOdooScript(...verbAndArguments: readonly string[]): Promise<string> {
  return runRealOdooScriptWith({}, ...verbAndArguments);
}

/** The same with variables (listed in the script) of its own. */
export async function runRealOdooScriptWith(
  variables: Readonly<Record<string, string>>,
  ...verbAndArguments: readonly string[]
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(script, [...verbAndArguments], {
      maxBuffer: 16 * 1024 ** 2,
      env: { ...process.env, ...variables },
    });
    return stdout;
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`config/real-odoo.sh ${verbAndArguments.join(' ')} failed:\n${stdout}${stderr}`, {
      cause,
    });
  }
}

/** Whether the server of config/real-odoo.sh runs. */
export async function isRealOdooRunning(): Promise<boolean> {
  return runRealOdooScript('status').then(
    () => true,
    () => false,
  );
}
