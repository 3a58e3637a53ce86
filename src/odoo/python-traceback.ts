import type { PythonException } from './fault.ts';

/** The exception at the end of a formatted traceback, and the functions that it passed through. */
export type PythonTraceback = PythonException & {
  /** Function names, outermost first. */
  functions: readonly string[];
};

const chained =
  /\n\n(?:During handling of the above exception, another exception occurred|The above exception was the direct cause of the following exception):\n\n(?=Traceback \(most recent call last\):\n)/;

/**
 * Reads the last exception in a text of Python's `traceback.format_exception`. The frames are indented. The first line
 * after them begins with the class of the exception; the rest of the text is its message. Python prints built-in classes
 * without a module; they get `builtins.` here, as in Odoo's JSON answers.
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
    // Python prints the missing key of a KeyError in quotes.
    message: name === 'builtins.KeyError' ? message.replace(/^'(.*)'$/, '$1') : message,
    functions: lines
      .slice(1, end)
      .flatMap((line) => /^ {2}File ".*", line \d+, in (.+)$/.exec(line)?.[1] ?? []),
  };
}
