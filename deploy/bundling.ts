import { fileURLToPath } from 'node:url';
import { hasFollowUps } from '../shared/deployment.ts';
import type { Plan } from '../shared/plan/schema.ts';

const file = (name: string) => fileURLToPath(new URL(`lambda/${name}`, import.meta.url));

/** Modules that esbuild replaces in the bundles, so that a function holds what it uses and starts fast. */
export function aliases(plan: Plan): Record<string, string> {
  return {
    '@aws-sdk/credential-provider-node': file('credentials.ts'),
    ...(!hasFollowUps(plan) && { '@aws-sdk/client-scheduler': file('no-scheduler.ts') }),
    ...(!sendsMail(plan) && { '@aws-sdk/client-sesv2': file('no-ses.ts') }),
    ...(!usesParameters(plan) && { '@aws-sdk/client-ssm': file('no-ssm.ts') }),
  };
}

const sendsMail = (plan: Plan) => Object.values(plan.channels).some(channel => channel.type === 'ses');

/** Whether a running function reads a parameter. Contacts are resolved by CloudFormation and do not count. */
function usesParameters({ people: _, ...read }: Plan): boolean {
  return JSON.stringify(read).includes('"ssm:');
}
