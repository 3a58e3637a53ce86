import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { joinActionSources, sharedNamesOf } from '../../src/provision/action-sources.ts';
import { actionNames } from '../../src/provision/bridge-records.ts';

const folder = new URL('../../src/provision/actions/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, folder), 'utf8');
const pythonFiles = (path: string): string[] =>
  readdirSync(new URL(path, folder))
    .filter((file) => file.endsWith('.py'))
    .map((file) => file.replace('.py', ''))
    .sort();

/** Functions and other values that a text defines at its top level. */
const definedIn = (text: string): string[] =>
  [...text.matchAll(/^(?:def (\w+)\(|(\w+) = )/gm)].map(([, name, value]) => name ?? value ?? '');
const withoutComments = (text: string): string => text.replace(/#.*$/gm, '');
const uses = (text: string, name: string): boolean => new RegExp(`\\b${name}\\b`).test(withoutComments(text));

const shared = pythonFiles('shared/').map((name) => ({
  name,
  defines: definedIn(read(`shared/${name}.py`)),
}));
const provisioned = joinActionSources(read);

describe('the text of a provisioned action', () => {
  it.each(actionNames)(
    '%s holds each shared function that it uses once, and no other shared function',
    (name) => {
      const own = read(`${name}.py`);
      const used = shared.filter(({ defines }) => defines.some((defined) => uses(own, defined)));
      expect([...sharedNamesOf(own)].sort()).toEqual(used.map((file) => file.name));
      const wanted = new Set(used.flatMap(({ defines }) => defines));
      const found = definedIn(provisioned[name]);
      for (const defined of shared.flatMap(({ defines }) => defines)) {
        const times = found.filter((other) => other === defined).length;
        expect([defined, times]).toEqual([defined, wanted.has(defined) ? 1 : 0]);
      }
      expect(provisioned[name]).not.toContain('# uses');
    },
  );

  it.each(actionNames)('%s is its own text around the shared functions', (name) => {
    const own = read(`${name}.py`);
    const [before = '', after] = own.split(/^# uses: .*$/m);
    expect(provisioned[name].startsWith(before)).toBe(true);
    expect(provisioned[name].endsWith(after ?? before)).toBe(true);
  });

  it('does not define a shared function a second time', () => {
    const names = shared.flatMap(({ defines }) => defines);
    expect(new Set(names).size).toBe(names.length);
    for (const name of actionNames) {
      const own = definedIn(read(`${name}.py`));
      expect([name, own.filter((defined) => names.includes(defined))]).toEqual([name, []]);
    }
  });
});

describe('the folder of the actions', () => {
  it('holds an action for each name, and shared functions that several actions use', () => {
    expect(pythonFiles('.')).toEqual([...actionNames].sort());
    const taken = actionNames.flatMap((name) => sharedNamesOf(read(`${name}.py`)));
    for (const { name, defines } of shared) {
      expect(defines.length).toBeGreaterThan(0);
      expect([name, taken.filter((other) => other === name).length > 1]).toEqual([name, true]);
    }
  });
});
