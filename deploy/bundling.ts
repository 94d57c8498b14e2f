import { fileURLToPath } from 'node:url';
import type { Plan } from '../shared/plan/schema.ts';

const file = (name: string) => fileURLToPath(new URL(`lambda/${name}`, import.meta.url));

/** Modules that esbuild replaces in the bundles, so that a function holds what it uses and starts fast. */
export function aliases(plan: Plan): Record<string, string> {
  return {
    '@aws-sdk/credential-provider-node': file('credentials.ts'),
    ...(!usesParameters(plan) && { '@aws-sdk/client-ssm': file('no-ssm.ts') }),
  };
}

/** Whether a running function reads a parameter. Contacts are resolved by CloudFormation and do not count. */
function usesParameters({ people: _, ...read }: Plan): boolean {
  return JSON.stringify(read).includes('"ssm:');
}
