import { fileURLToPath } from 'node:url';
import { hasFollowUps } from '../shared/deployment.ts';
import type { BackupType, Plan } from '../shared/plan/schema.ts';
import { stepsOf } from '../shared/runbook/phases.ts';

const file = (name: string) => fileURLToPath(new URL(`lambda/${name}`, import.meta.url));

/** Modules that esbuild replaces in the bundles, so that a function holds what it uses and starts fast. */
export function aliases(plan: Plan): Record<string, string> {
  return {
    '@aws-sdk/credential-provider-node': file('credentials.ts'),
    ...(!hasFollowUps(plan) && { '@aws-sdk/client-scheduler': file('no-scheduler.ts') }),
    ...(!sendsMail(plan) && { '@aws-sdk/client-sesv2': file('no-ses.ts') }),
    // The client of EC2 is as large as all that is beside it in a function; no other family asks EC2 anything.
    ...(!hasBackup(plan, 'volumes') &&
      !hasSteps(plan, /^ec2\./) && { '@aws-sdk/client-ec2': file('no-ec2.ts') }),
    ...(!hasBackup(plan, 'aws-backup') &&
      !hasSteps(plan, /^backup\.restore-files$/) && { '@aws-sdk/client-backup': file('no-backup.ts') }),
    ...(!usesParameters(plan) && { '@aws-sdk/client-ssm': file('no-ssm.ts') }),
  };
}

const hasBackup = ({ backups }: Plan, type: BackupType) =>
  Object.values(backups).some(backup => backup.type === type);

const hasSteps = ({ scenarios }: Plan, kinds: RegExp) =>
  Object.values(scenarios).some(({ phases }) =>
    phases.some(({ steps }) => stepsOf(steps).some(step => kinds.test(step.do))),
  );

const sendsMail = (plan: Plan) => Object.values(plan.channels).some(channel => channel.type === 'ses');

/** Whether a running function talks to Systems Manager. Contacts are resolved by CloudFormation and do not count. */
function usesParameters(plan: Plan): boolean {
  const { people: _, ...read } = plan;
  return JSON.stringify(read).includes('"ssm:') || hasSteps(plan, /^(ssm\.|secrets\.get-parameters$)/);
}
