import type { PythonException } from './fault.ts';

/** What a formatted traceback tells: the exception that ended it and the functions it came through. */
export type PythonTraceback = PythonException & {
  /** Names of the functions, outermost first. */
  functions: readonly string[];
};

const chained =
  /\n\n(?:During handling of the above exception, another exception occurred|The above exception was the direct cause of the following exception):\n\n(?=Traceback \(most recent call last\):\n)/;

/**
 * Reads the last exception of a text made by Python's `traceback.format_exception`. Its class stands at the
 * beginning of the first line after the frames, which are indented; everything from there on is its message.
 * Built-in classes are printed without a module and get `builtins.` here, as in Odoo's JSON answers.
 *
 * @returns undefined for any other text
 */
export function parsePythonTraceback(text: string): PythonTraceback | undefined {
  const lines = (text.split(chained).at(-1) ?? '').trimEnd().split('\n');
  const end = lines.findIndex((line, index) => index > 0 && /^[^\s]/.test(line));
  if (end === -1 || lines[0] !== 'Traceback (most recent call last):') {
    return undefined;
  }
  const [, printed, message = ''] =
    /^([A-Za-z_][\w.]*)(?:: ([\s\S]*))?$/.exec(lines.slice(end).join('\n')) ?? [];
  if (printed === undefined) {
    return undefined;
  }
  const name = printed.includes('.') ? printed : `builtins.${printed}`;
  return {
    name,
    // Python prints the missing key of a KeyError as a literal.
    message: name === 'builtins.KeyError' ? message.replace(/^'(.*)'$/, '$1') : message,
    functions: lines
      .slice(1, end)
      .flatMap((line) => /^ {2}File ".*", line \d+, in (.+)$/.exec(line)?.[1] ?? []),
  };
}
