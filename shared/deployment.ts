import type { Plan } from './plan/schema.ts';
import type { Settings } from './runtime.ts';

/**
 * Names of what a deployment makes. They follow from the plan alone, so the packaging, the functions, the command
 * line and the simulator agree on them without telling each other.
 */
export const lambdaFunctionName = (system: string, name: string) => `lifeboat-${system}-${name}`;
export const tableName = (system: string) => `lifeboat-${system}`;
export const linkSecretName = (system: string) => `lifeboat/${system}/links`;
/** Group of the one-time schedules of a system. */
export const scheduleGroupName = (system: string) => `lifeboat-${system}`;
export const topicName = (system: string, topic: string) => `lifeboat-${system}-${topic}`;
/** A scenario's state machine. */
export const runbookMachineName = (system: string, scenario: string) => `${system}-${scenario}`;

/** Functions that every deployment has, beside one for each family of actions that its plan uses. */
export const fixedFunctions = [
  'triage',
  'probe',
  'run',
  'execution-ended',
  'ask',
  'decide',
  'communicate',
  'report',
  'backups',
  'verify',
] as const;

/** A machine that is the same for every plan: `<system>-lifeboat-verify`. Each system has its own, in its own version. */
export const fixedMachineTitle = (system: string, name: string) => `${system}-lifeboat-${name}`;

/** Topics that the plan's channels publish to. */
export function topicsOf(plan: Pick<Plan, 'channels'>): string[] {
  const topics = Object.values(plan.channels).flatMap(channel =>
    channel.type === 'sns' ? [channel.topic] : [],
  );
  return [...new Set(topics)].sort();
}

/** Whether something is due after a run has ended, so that schedules are needed. */
export function hasFollowUps(plan: Pick<Plan, 'followUps' | 'scenarios'>): boolean {
  return [plan, ...Object.values(plan.scenarios)].some(({ followUps }) => Object.keys(followUps).length > 0);
}

/** Where a deployment is: everything of it is in the plan's recovery region. */
export type Place = { partition: string; account: string };

/** Names and ARNs of a plan's deployment. Only the address of the decision page is not known beforehand. */
export function deploymentSettings(plan: Plan, { partition, account }: Place, decisionUrl: string): Settings {
  const system = plan.system.id;
  const arn = (service: string, rest: string) =>
    `arn:${partition}:${service}:${plan.regions.recovery}:${account}:${rest}`;
  return {
    tableName: tableName(system),
    runbookArns: Object.fromEntries(
      Object.keys(plan.scenarios).map(id => [
        id,
        arn('states', `stateMachine:${runbookMachineName(system, id)}`),
      ]),
    ),
    topicArns: Object.fromEntries(topicsOf(plan).map(topic => [topic, arn('sns', topicName(system, topic))])),
    verifyMachineArns: {
      one: arn('states', `stateMachine:${fixedMachineTitle(system, 'verify')}`),
      fleet: arn('states', `stateMachine:${fixedMachineTitle(system, 'verify-fleet')}`),
    },
    reportFunctionArn: arn('lambda', `function:${lambdaFunctionName(system, 'report')}`),
    decisionUrl,
    linkSecretName: linkSecretName(system),
  };
}
