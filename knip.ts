import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  entry: [
    'scripts/*.ts',
    'test/**/*.test.ts',
    // Tests start this one by its path.
    'test/cluster/self-managed-server.ts',
    // Runs in a thread, which starts it by its path.
    'src/cli/scan-thread-entry.ts',
    // The generator puts it into the audit's page.
    'src/audit-output/html/browser/main.ts',
  ],
  project: ['src/**/*.ts', 'scripts/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
  // A type that an exported function takes or gives is part of its contract, whether it is imported by name or not.
  ignoreExportsUsedInFile: { interface: true, type: true },
  // The tests that need them say how to get them where they are missing.
  ignoreBinaries: ['go', 'mkfifo', 'runc'],
};

export default config;
