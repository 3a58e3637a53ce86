import { existsSync, readdirSync } from 'node:fs';
import { URL } from 'node:url';
import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * The allowed imports: one row per room (a folder of src), which lists what its files may import besides the room itself
 * and `errors`. A name stands for a folder's own files (not its subfolders), or for one file.
 * Anything not listed is refused, so a new dependency between rooms is always decided in this table.
 */
const allowedImports = {
  commands: [
    'commands/inbox',
    'bridge',
    'flows/delivery',
    'flows/provisioning',
    'flows/reconciliation',
    'inbox/inbox',
    'odoo',
    'sweego',
    'provision',
    'rules/delivery',
    'mail',
    'config',
    'http-client',
    'log',
  ],
  'commands/inbox': [
    'commands/printed-text',
    'bridge',
    'inbox/inbox',
    'inbox/open',
    'sweego',
    'mail',
    'rules/replies',
    'config',
    'log',
  ],
  bridge: [
    'http',
    'flows/worker',
    'flows/delivery',
    'flows/replies',
    'flows/reconciliation',
    'flows/settings',
    'inbox/inbox',
    'inbox/open',
    'odoo',
    'sweego',
    'config',
    'http-client',
    'log',
  ],
  http: ['inbox/inbox', 'sweego/signature', 'log'],
  'flows/worker': ['flows/settings', 'inbox/inbox', 'odoo', 'rules', 'log'],
  'flows/delivery': [
    'flows/worker',
    'inbox/inbox',
    'odoo',
    'sweego',
    'rules',
    'rules/delivery',
    'mail',
    'log',
  ],
  'flows/replies': ['flows/worker', 'inbox/inbox', 'odoo', 'sweego', 'rules', 'rules/replies', 'mail', 'log'],
  'flows/reconciliation': [
    'inbox/inbox',
    'odoo',
    'sweego',
    'rules/delivery',
    'rules/reconciliation',
    'mail',
    'log',
  ],
  'flows/settings': ['inbox/inbox', 'odoo', 'sweego', 'log'],
  'flows/provisioning': ['odoo', 'provision'],
  odoo: ['odoo/xml-rpc', 'http-client'],
  'odoo/xml-rpc': ['odoo', 'http-client'],
  sweego: ['mail', 'http-client'],
  inbox: [],
  'inbox/open': ['inbox', 'inbox/sqlite', 'inbox/postgres'],
  'inbox/sqlite': ['inbox'],
  'inbox/postgres': ['inbox'],
  rules: [],
  'rules/delivery': [
    'rules',
    'mail',
    'odoo/bridge-answers',
    'odoo/message-change',
    'odoo/message-state',
    'sweego/outbound-event',
  ],
  'rules/replies': [
    'rules',
    'mail',
    'odoo/reply-route',
    'sweego/header-map',
    'sweego/inbound-attachment',
    'sweego/inbound-mail',
  ],
  'rules/reconciliation': ['mail'],
  mail: [],
  provision: [],
};

/** Packages that belong to few folders (all others are free): package → folders. */
const packageHomes = {
  zod: ['odoo', 'sweego', 'config-variables'],
  libsql: ['inbox'],
  pg: ['inbox'],
  hono: ['http'],
  '@hono/node-server': ['bridge'],
  libmime: ['sweego'],
  'nodemailer/lib/addressparser': ['mail'],
  'nodemailer/lib/mail-composer': ['flows'],
  'odoo-await': ['odoo'],
  undici: ['http-client'],
  pino: ['log'],
  'node-cron': ['bridge', 'config-variables'],
  croner: ['rules'],
  commander: ['main', 'commands'],
};

/** A rule may import the types of what Odoo and Sweego write, but calls neither. */
const wireTypes = {
  patterns: [
    {
      group: ['**/odoo/**', '**/sweego/**'],
      allowTypeImports: true,
      message: 'src/rules imports only types from src/odoo and src/sweego.',
    },
  ],
};

/** Nothing in `rules`, `mail` and `provision` may use a clock, a network, a file or the environment. */
const pureFolders = ['rules', 'mail', 'provision'];
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

/** Every error is created from the table of codes, and keeps its cause. */
const madeByHelper = [
  {
    selector: "NewExpression[callee.name='BridgeError']",
    message: 'bridgeError (src/errors.ts) makes it, with what src/error-codes.ts says of its code.',
  },
  {
    selector:
      'CatchClause CallExpression[callee.name=/^(bridge|odoo)Error$/]:not(:has(Property[key.name="cause"]))',
    message: 'Pass what was caught as cause. Where it quotes a secret, write `cause: undefined`.',
  },
];

/** Files of src that are in no room. */
const sourceFiles = [
  'main',
  'config',
  'config-variables',
  'log',
  'http-client',
  'public-address',
  'errors',
  'error-codes',
  'error-kind',
];
const folders = [...new Set(Object.keys(allowedImports).map((room) => room.split('/')[0]))];

const source = new URL('../src/', import.meta.url);
const isFolder = (name) => existsSync(new URL(name, source)) && !existsSync(new URL(`${name}.ts`, source));
/** A room's own files, without those of the rooms inside it. */
const filesIn = (room) => readdirSync(new URL(room, source)).filter((name) => name.endsWith('.ts'));

/** The paths below src that a name of the table stands for, in the format of the lint rule. */
function pathsOf(name) {
  return isFolder(name) ? filesIn(name).map((file) => `./${name}/${file}`) : [`./${name}.ts`];
}

function zoneOf(room) {
  const allowed = [...(isFolder(room) ? [room] : []), 'errors', ...allowedImports[room]];
  return {
    target: isFolder(room)
      ? filesIn(room)
          .filter((file) => !(`${room}/${file.replace(/\.ts$/, '')}` in allowedImports))
          .map((file) => `./src/${room}/${file}`)
      : [`./src/${room}.ts`],
    from: './src',
    except: allowed.flatMap(pathsOf),
    message: `src/${room} may import only: ${allowed.join(', ')} (config/eslint.config.js).`,
  };
}

function packagesRefusedIn(place) {
  return Object.entries(packageHomes)
    .filter(([, homes]) => !homes.includes(place))
    .map(([name]) => ({ name, message: `${name} belongs to: ${packageHomes[name].join(', ')}.` }));
}

function filesOf(place) {
  return folders.includes(place) ? [`src/${place}/**/*.ts`] : [`src/${place}.ts`];
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
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      'import-x/consistent-type-specifier-style': ['error', 'prefer-top-level'],
      'import-x/no-duplicates': 'error',
      'import-x/order': [
        'error',
        { groups: ['builtin', 'external', 'parent', 'sibling'], alphabetize: { order: 'asc' } },
      ],
      curly: ['error', 'multi-line'],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...madeByHelper],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'import-x/no-restricted-paths': [
        'error',
        { basePath: new URL('..', import.meta.url).pathname, zones: Object.keys(allowedImports).map(zoneOf) },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/main.ts reads the environment.' },
        { object: 'process', property: 'exit', message: 'Only src/main.ts ends the process.' },
        { object: 'process', property: 'exitCode', message: 'Only src/main.ts sets the exit code.' },
      ],
    },
  },
  ...[...folders, ...sourceFiles].map((place) => ({
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
        ...madeByHelper,
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
  {
    files: ['src/rules/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', wireTypes] },
  },
  { files: ['src/errors.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['src/main.ts'], rules: { 'no-restricted-properties': 'off' } },
  { files: ['config/*.ts'], rules: { 'import-x/no-default-export': 'off' } },
  { files: ['demo/**/*.ts', 'src/main.ts'], rules: { 'no-console': 'off' } },
);
