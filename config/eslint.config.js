import { URL } from 'node:url';
import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * Who may import whom: one row per folder, listing what it may import besides itself and `errors`.
 * Anything not listed is refused, so a new arrow is a decision made here and nowhere else.
 */
const allowedImports = {
  commands: [
    'http',
    'flows',
    'inbox',
    'odoo',
    'sweego',
    'provision',
    'rules',
    'config',
    'log',
    'http-client',
  ],
  http: ['inbox/inbox', 'sweego/signature', 'log'],
  flows: ['rules', 'odoo', 'sweego', 'provision', 'inbox/inbox', 'log'],
  odoo: ['rules', 'http-client'],
  sweego: ['rules', 'http-client'],
  inbox: [],
  rules: [],
  provision: [],
};

/** Packages that belong to few folders (all others are free): package → folders. */
const packageHomes = {
  zod: ['odoo', 'sweego', 'config-variables', 'http', 'commands'],
  libsql: ['inbox'],
  pg: ['inbox'],
  hono: ['http'],
  '@hono/node-server': ['commands'],
  libmime: ['sweego'],
  nodemailer: ['flows'],
  'odoo-await': ['odoo'],
  undici: ['http-client'],
  pino: ['log'],
  'node-cron': ['commands'],
  commander: ['main', 'inbox-command-line'],
};

/** Nothing in `rules` and `provision` may know a clock, a network, a file or the environment. */
const pureFolders = ['rules', 'provision'];
const impure = [
  'node:fs',
  'node:fs/promises',
  'node:net',
  'node:http',
  'node:https',
  'node:timers',
  'node:process',
  'node:os',
];

const sourceNames = ['commands', 'http', 'flows', 'odoo', 'sweego', 'inbox', 'rules', 'provision'];
const sourceFiles = [
  'main',
  'inbox-command-line',
  'config',
  'config-variables',
  'log',
  'http-client',
  'public-address',
  'errors',
];

function zonesOf(folder) {
  const allowed = [folder, 'errors', ...allowedImports[folder]];
  return {
    target: `./src/${folder}`,
    from: './src',
    except: allowed.map((name) => (sourceNames.includes(name) ? `./${name}` : `./${name}.ts`)),
    message: `src/${folder} may import only: ${allowed.join(', ')} (config/eslint.config.js).`,
  };
}

function packagesRefusedIn(place) {
  return Object.entries(packageHomes)
    .filter(([, homes]) => !homes.includes(place))
    .map(([name]) => ({ name, message: `${name} belongs to: ${packageHomes[name].join(', ')}.` }));
}

function filesOf(place) {
  return sourceNames.includes(place) ? [`src/${place}/**/*.ts`] : [`src/${place}.ts`];
}

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: new URL('..', import.meta.url).pathname },
    },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'import-x/no-unresolved': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'import-x/no-restricted-paths': [
        'error',
        { basePath: new URL('..', import.meta.url).pathname, zones: sourceNames.map(zonesOf) },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/main.ts reads the environment.' },
        { object: 'process', property: 'exit', message: 'Only src/main.ts ends the process.' },
        { object: 'process', property: 'exitCode', message: 'Only src/main.ts sets the exit code.' },
      ],
    },
  },
  ...[...sourceNames, ...sourceFiles].map((place) => ({
    files: filesOf(place),
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            ...packagesRefusedIn(place),
            ...(pureFolders.includes(place)
              ? impure.map((name) => ({ name, message: `src/${place} is pure.` }))
              : []),
          ],
        },
      ],
    },
  })),
  {
    files: pureFolders.map((folder) => `src/${folder}/**/*.ts`),
    rules: {
      'no-restricted-globals': ['error', 'process', 'fetch', 'setTimeout', 'setInterval'],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'A rule gets the time as an argument.',
        },
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: 'A rule gets the time as an argument.',
        },
        {
          selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
          message: 'A rule gets randomness as an argument.',
        },
      ],
    },
  },
  { files: ['src/main.ts'], rules: { 'no-restricted-properties': 'off' } },
  { files: ['config/*.ts'], rules: { 'import-x/no-default-export': 'off' } },
  { files: ['demo/**/*.ts', 'src/main.ts'], rules: { 'no-console': 'off' } },
);
