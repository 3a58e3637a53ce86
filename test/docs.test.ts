import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorKinds } from '../src/error-codes.ts';
import type { ErrorCode } from '../src/errors.ts';

const root = new URL('..', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** What docs/errors.md says about each code, in the section of the code or in its row of a table. */
function explanations(): { code: string; text: string }[] {
  const sections = read('docs/errors.md')
    .split(/^(?=#{1,3} )/m)
    .map((text) => ({ code: /^### ([A-Z_]+)$/m.exec(text)?.[1], text }));
  const rows = [...read('docs/errors.md').matchAll(/^\| ([A-Z_]+) +\|.*$/gm)].map((match) => ({
    code: match[1],
    text: match[0],
  }));
  return [...sections, ...rows].flatMap(({ code, text }) =>
    code === undefined || !/_|UNEXPECTED/.test(code) ? [] : [{ code, text }],
  );
}

/** The README and every page of `docs`, by path. */
function pages(): string[] {
  const names = readdirSync(new URL('docs', root)).filter((name) => name.endsWith('.md'));
  return ['README.md', ...names.map((name) => `docs/${name}`)];
}
const isErrorCode = (code: string): code is ErrorCode => code in errorKinds;

describe('the documentation', () => {
  it('explains every error code of the program, and none that it does not have', () => {
    const documented = new Set(read('docs/errors.md').match(/\b[A-Z]+(?:_[A-Z]+)*\b/g));
    expect(Object.keys(errorKinds).filter((code) => !documented.has(code))).toEqual([]);
    const explained = explanations().map(({ code }) => code);
    expect(explained).toContain('INBOX_CORRUPT');
    expect(explained).toContain('ODOO_TIMEOUT');
    expect(explained.filter((code) => !isErrorCode(code))).toEqual([]);
  });

  it('states the retry, scope and exit code of each error code', () => {
    const stated = explanations().flatMap(({ code, text }) => {
      // The first place of a section is about the code itself; a later one is about a special case.
      const [, retry, scope] =
        /(?:Retry |\| )(later|never), (?:scope )?(entry|odoo|sweego|bridge)\b/.exec(text) ?? [];
      return retry === undefined || !isErrorCode(code) ? [] : [{ code, retry, scope }];
    });
    expect(stated.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['CONFIG_INVALID', 'SWEEGO_NOT_FOUND', 'ODOO_TIMEOUT', 'ODOO_NOT_IN_GROUP']),
    );
    expect(stated).toEqual(
      stated.map(({ code }) => ({ code, retry: errorKinds[code].retry, scope: errorKinds[code].scope })),
    );
    const usage = explanations().filter(({ text }) => /exit code 2/i.test(text));
    expect(usage.map(({ code }) => code)).toContain('CONFIG_INVALID');
    expect(usage.filter(({ code }) => !isErrorCode(code) || !errorKinds[code].isUsage)).toEqual([]);
  });

  it('shows every variable of the configuration in the example', () => {
    const variables = [...read('src/config-variables.ts').matchAll(/^ {2}([A-Z_]+):/gm)].map(
      (match) => match[1] ?? '',
    );
    expect(variables).toContain('ODOO_URL');
    const example = read('config/example.env');
    expect(variables.filter((name) => !new RegExp(`^#? ?${name}=`, 'm').test(example))).toEqual([]);
  });

  it('names only commands and options that the program has', () => {
    const program = read('src/commands/command-line.ts') + read('src/commands/inbox-command-line.ts');
    const pagesWithCommands = ['README.md', 'docs/operations.md', 'docs/errors.md'];
    const mentioned = [
      ...pagesWithCommands
        .map(read)
        .join('\n')
        .matchAll(/(?:sweego-odoo-bridge|npm start --) ([a-z]+)|(?<=[ `])(--[a-z][a-z-]*)/g),
    ].map((match) => match[1] ?? match[2] ?? '');
    const ours = new Set(
      mentioned.filter((word) => !['--real', '--keep', '--init', '--env-file', '--help'].includes(word)),
    );
    expect(ours).toContain('provision');
    expect(ours).toContain('--ask-sweego');
    expect([...ours].filter((word) => !program.includes(word))).toEqual([]);
  });

  it('names only paths of the source that exist', () => {
    const named = pages().flatMap((page) => read(page).match(/\bsrc\/[\w./-]*\w/g) ?? []);
    expect(named).toContain('src/http/webhook.ts');
    expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });

  it('links only to files that exist', () => {
    const links = pages().flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !/^[a-z]+:/.test(target))
        .map((target) => new URL(target, new URL(page, root)).href),
    );
    expect(links).toContain(new URL('docs/pictures/chatter.png', root).href);
    expect(links.filter((link) => !existsSync(new URL(link)))).toEqual([]);
  });
});
