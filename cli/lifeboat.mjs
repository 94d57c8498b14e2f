#!/usr/bin/env node
// `npx lifeboat …` after the installation: npm puts the locked Node 24 first on the path, which runs TypeScript.
import { main } from './lifeboat.ts';

process.exitCode = await main(process.argv.slice(2));
