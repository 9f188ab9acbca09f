/**
 * Which way imports run: algebra, tenancy, policy and reachability, admission and audit, adapters, cli. Type-only imports
 * count like all others.
 */
const pure = '^src/(algebra|tenancy|policy|reachability)/';

/** What pure folders may take from outside: schemas, their validator, and a parser of addresses. */
const pureLibraries = '(^|/)node_modules/(typebox|ajv|ipaddr\\.js)/';

const adapters = ['audit-output', 'config', 'kubernetes', 'manifests', 'server', 'telemetry'];

/** Folders from the bottom up, each with the folders of src that it may import beside itself. */
const below = {
  algebra: [],
  tenancy: ['algebra'],
  policy: ['algebra', 'tenancy'],
  reachability: ['algebra', 'tenancy', 'policy/objects'],
  admission: ['algebra', 'tenancy', 'policy', 'reachability'],
  audit: ['algebra', 'tenancy', 'policy', 'reachability'],
};

/** Each technology has one folder that knows it. */
const homes = {
  '@kubernetes/client-node': 'kubernetes',
  commander: 'cli',
  fastify: 'server',
  pino: 'telemetry',
  'prom-client': 'telemetry',
  yaml: 'manifests',
};

const anyOf = (names) => `(${names.join('|')})`;

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-undeclared-packages',
      comment: 'A package that package.json does not name may be gone tomorrow.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'src-stands-alone',
      comment: 'What ships imports neither tests nor tools.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'src-without-dev-dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm'] },
    },
    {
      name: 'pure-folders-need-no-platform',
      comment: 'Pure folders take no clock, client, file or environment: what they need arrives as arguments.',
      severity: 'error',
      from: { path: pure },
      to: { pathNot: ['^src/', pureLibraries] },
    },
    ...Object.entries(below).map(([folder, allowed]) => ({
      name: `${folder}-imports-downwards`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: `^src/${anyOf([folder, ...allowed])}/` },
    })),
    ...adapters.map((adapter) => ({
      name: `${adapter}-knows-no-other-adapter`,
      comment: 'Adapters serve the ports of admission and audit; only the cli wires them together.',
      severity: 'error',
      from: { path: `^src/${adapter}/` },
      to: { path: `^src/${anyOf(adapters.filter((other) => other !== adapter))}/` },
    })),
    {
      name: 'only-cli-imports-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'rules-know-no-other-rule',
      severity: 'error',
      from: { path: '^src/policy/rules/.+/' },
      to: { path: '^src/policy/rules/' },
    },
    {
      name: 'the-engine-knows-no-rule',
      comment: 'Rules come in as a list, so that any set of them can be judged and tested.',
      severity: 'error',
      from: { path: ['^src/policy/(?!rules/)', `^src/${anyOf(adapters)}/`] },
      to: { path: '^src/policy/rules/' },
    },
    ...Object.entries(homes).map(([library, home]) => ({
      name: `${library.replace(/^@.*\//, '')}-lives-in-${home}`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${home}/` },
      to: { path: `(^|/)node_modules/${library}/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
