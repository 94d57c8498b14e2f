#!/usr/bin/env node
// `npx lifeboat …` after the installation: npm puts the locked Node 24 first on the path, which runs TypeScript.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

if (process.features.typescript) {
  // Compiled modules are kept between calls, which is most of the time that a short command takes.
  module.enableCompileCache?.(fileURLToPath(new URL('../.lifeboat/cache/compile', import.meta.url)));
  const { main } = await import('./lifeboat.ts');
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write(
    `Lifeboat runs on the Node 24 that its lock file brings; this is ${process.version}.\n` +
      'Call it with `npx lifeboat …`, or install it first with `npm run lifeboat -- help`.\n',
  );
  process.exitCode = 1;
}
