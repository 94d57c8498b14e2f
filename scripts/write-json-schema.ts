// Writes plans/plan.schema.json, which editors read; run it after a change of shared/plan/schema.ts.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { planJsonSchema } from '../shared/plan/json-schema.ts';

const file = fileURLToPath(new URL('../plans/plan.schema.json', import.meta.url));
const biome = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url));
writeFileSync(file, planJsonSchema());
process.exitCode = spawnSync(biome, ['format', '--write', file], { stdio: 'inherit' }).status ?? 1;
