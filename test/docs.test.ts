import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('..', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

function sources(folder: string): string[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(`${folder}/${name}`));
}

/** The README and every page of `docs`, by path. */
function pages(): string[] {
  const names = readdirSync(new URL('docs', root)).filter((name) => name.endsWith('.md'));
  return ['README.md', ...names.map((name) => `docs/${name}`)];
}

describe('the documentation', () => {
  it('explains every error code of the program', () => {
    const used = sources('src').flatMap((text) => [
      // Codes that are thrown, and codes that are the reason of a parked entry.
      ...[...text.matchAll(/new BridgeError\(\s*'([A-Z_]+)'/g)].map((match) => match[1] ?? ''),
      ...[...text.matchAll(/^ {2}(ODOO_[A-Z_]+):/gm)].map((match) => match[1] ?? ''),
      ...[...text.matchAll(/[`'](\w+): (?:the|\$\{)/g)].map((match) => match[1] ?? ''),
    ]);
    const codes = [...new Set(used)].filter(
      (code) => /^[A-Z]+(?:_[A-Z]+)*$/.test(code) && code !== 'ODOO_TRANSPORT',
    );
    expect(codes).toContain('ODOO_TIMEOUT');
    expect(codes).toContain('EVENT_UNMATCHED');
    const documented = read('docs/errors.md');
    expect(codes.filter((code) => !documented.includes(code))).toEqual([]);
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
