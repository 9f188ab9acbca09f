#!/usr/bin/env node
/** The first thing that runs: an old Node gets told so, instead of a syntax error from a library. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`Tenantgate needs Node 22.19 or newer; this is ${process.versions.node}.\n`);
  process.exitCode = 2;
} else {
  // To process 1 of a container the kernel delivers only signals that it handles. Commands that end in order handle them.
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(code);
    });
  }
  const [{ buildProgram }, { processTerminal }] = await Promise.all([import('./program.ts'), import('./terminal.ts')]);
  await buildProgram(processTerminal()).parseAsync();
}
