import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printableJson, printableLine, printableText, printTable } from '../../src/commands/printed-text.ts';
import { anyCharacter } from '../support/any-character.ts';

/** Escape sequences, an 8-bit CSI, a bell, bidi overrides and isolates, and characters that end a line. */
const hostile = ['\u001b[2J', '\u009b31m', '\u0007', '\u202e', '\u2066', '\u061c', '\r', '\u2028', '\u0000'];

describe('printed text from outside', () => {
  it.each(hostile)('cannot control the terminal: %j', (text) => {
    for (const print of [printableLine, printableText, (value: string) => printableJson(value)]) {
      expect(print(`a${text}b`)).not.toContain(text.slice(0, 1));
    }
  });

  it('cannot look like another row of a table, or change its columns', () => {
    const lines: string[] = [];
    printTable(
      [
        ['ID', 'REASON'],
        ['1', 'x\n2  parked\tall is well'],
      ],
      (line) => lines.push(line),
    );
    expect(lines).toEqual(['ID  REASON', '1   x\uFFFD2  parked\uFFFDall is well']);
  });

  it('keeps its lines when it is a body, and all characters that people write', () => {
    const text = 'Bonjour,\n\tça va ? 你好 שלום 🙂 e\u0301';
    expect(printableText(text)).toBe(text);
  });

  it('parses from JSON unchanged, whatever it contains', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        const printed = printableJson({ text: `${text}${hostile.join('')}` });
        expect(JSON.parse(printed)).toEqual({ text: `${text}${hostile.join('')}` });
      }),
    );
  });
});
