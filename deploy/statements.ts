import type { Action, Permission } from '../shared/actions/contract.ts';
import { secretReadPermission } from '../shared/aws/secret-reference.ts';
import { channelSecrets } from '../shared/communication/channels/adapters.ts';
import { inboundSecrets } from '../shared/communication/inbound.ts';
import { fixedMachineTitle, hasFollowUps, scheduleGroupName } from '../shared/deployment.ts';
import type { Plan, StepPlan } from '../shared/plan/schema.ts';
import { stepsOf } from '../shared/runbook/phases.ts';
import { lookingPermissions } from './backup-statements/looking.ts';
import { makingPermissions } from './backup-statements/making.ts';
import { provingPermissions } from './backup-statements/proving.ts';
import { stepPermissions } from './backup-statements/steps.ts';
import { runsInNetwork } from './functions.ts';
import {
  arn,
  failedEventsArn,
  functionArn,
  linkSecretName,
  stateMachineArn,
  tableArn,
  topicArn,
  topicsOf,
} from './names.ts';

/** IAM statements of a role, before `Fn::Sub`. */
export type Statement = {
  Effect: 'Allow' | 'Deny';
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
};

const allow = (Action: string[], Resource: string[]): Statement => ({ Effect: 'Allow', Action, Resource });

const reads = ['dynamodb:GetItem', 'dynamodb:Query'];
const writes = [...reads, 'dynamodb:PutItem'];

/** What a fixed function may do, by name. Each may do what its file does and nothing else. */
export function fixedStatements(
  plan: Plan,
  runbooks: readonly string[],
  askMachine: string,
): Record<string, Statement[]> {
  const system = plan.system.id;
  const table = tableArn(system);
  const publish = sendingStatements(plan);
  const start = allow(['states:StartExecution'], runbooks.map(stateMachineArn));
  // The suffix is the six characters that Secrets Manager adds to every name.
  const linkSecret = allow(
    ['secretsmanager:GetSecretValue'],
    [arn('secretsmanager', `secret:${linkSecretName(system)}-??????`)],
  );
  const answer = allow(['states:SendTaskSuccess'], [stateMachineArn(askMachine)]);
  const remember = allow(writes, [table]);
  const unlock = allow([...writes, 'dynamodb:DeleteItem'], [table]);
  const setAside = allow(['sqs:SendMessage'], [failedEventsArn(system)]);
  const askForReport = allow(['lambda:InvokeFunction'], [functionArn(system, 'report')]);
  const writeReports = allow(['s3:PutObject'], ['${ReportBucket.Arn}/*']);
  return {
    triage: [remember, start, ...publish, setAside],
    probe: [remember, start, ...publish],
    // Closing a run sends its last messages.
    run: [unlock, ...publish, linkSecret, answer],
    'execution-ended': [unlock, ...publish, linkSecret, answer, setAside],
    ask: [remember, ...publish, linkSecret, answer],
    decide: [
      remember,
      linkSecret,
      ...secretStatements(inboundSecrets(plan)),
      answer,
      // Only a follow-up can be done after its run has written its report.
      ...(hasFollowUps(plan) ? [askForReport] : []),
    ],
    communicate: [remember, ...publish, linkSecret, answer, ...schedulingStatements(plan), askForReport],
    report: [remember, writeReports],
    backups: [
      remember,
      ...publish,
      writeReports,
      ...ownInterfaces(plan, 'backups'),
      ...merge([...lookingPermissions(plan), ...makingPermissions(plan)].map(fromPermission)),
    ],
    verify: [
      remember,
      ...publish,
      writeReports,
      ...ownInterfaces(plan, 'verify'),
      ...merge(provingPermissions(plan).map(fromPermission)),
    ],
  };
}

const ownInterfaces = (plan: Plan, name: string) =>
  runsInNetwork(plan, name) ? networkInterfaces(functionArn(plan.system.id, name)) : [];

/** What sending through the plan's channels needs: its topics, its senders, and the secrets of its providers. */
function sendingStatements(plan: Plan): Statement[] {
  const topics = topicsOf(plan).map(topic => topicArn(plan.system.id, topic));
  const senders = Object.values(plan.channels).flatMap(channel =>
    channel.type === 'ses' ? [channel.from] : [],
  );
  // SES looks for an identity of the address first, then for one of its domain.
  const identities = senders.flatMap(from => [from, from.slice(from.indexOf('@') + 1)]);
  return [
    ...(topics.length > 0 ? [allow(['sns:Publish'], topics)] : []),
    ...(senders.length > 0
      ? [
          {
            ...allow(
              ['ses:SendEmail'],
              [...new Set(identities)].map(identity => arn('ses', `identity/${identity}`)),
            ),
            Condition: { StringEquals: { 'ses:FromAddress': [...new Set(senders)] } },
          },
        ]
      : []),
    ...secretStatements(channelSecrets(plan)),
  ];
}

function secretStatements(references: readonly string[]): Statement[] {
  return merge(
    references.map(reference => fromPermission(secretReadPermission(reference, '${AWS::Region}'))),
  );
}

/** Follow-ups call again by one-time schedules, which take a role of their own. */
function schedulingStatements(plan: Plan): Statement[] {
  if (!hasFollowUps(plan)) return [];
  return [
    allow(
      ['scheduler:CreateSchedule'],
      [arn('scheduler', `schedule/${scheduleGroupName(plan.system.id)}/*`)],
    ),
    {
      ...allow(['iam:PassRole'], ['${ScheduleRole.Arn}']),
      Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    },
  ];
}

/** What a family's function may do: its own records, and what its actions need for the parameters in this plan. */
export function familyStatements(plan: Plan, family: string, used: readonly UsedAction[]): Statement[] {
  const system = plan.system.id;
  const own = allow(writes, [tableArn(system)]);
  // Questions are put by the ask function; the family `people` only keeps what was answered.
  const publish = family === 'notify' ? sendingStatements(plan) : [];
  const interfaces = runsInNetwork(plan, family) ? networkInterfaces(functionArn(system, family)) : [];
  const needed = used
    .filter(({ action }) => action.kind.startsWith(`${family}.`))
    .flatMap(({ action, parameters }) => action.permissions(parameters, plan.regions))
    .map(fromPermission);
  return [own, ...publish, ...interfaces, ...merge([...needed, ...backupStatements(plan, family, used)])];
}

/** What a step may do with a backup follows from the class that it names, which only the plan knows. */
function backupStatements(plan: Plan, family: string, used: readonly UsedAction[]): Statement[] {
  if (family !== 'backup') return [];
  const steps = used.map(({ step }) => step).filter(step => step.do.startsWith('backup.'));
  const machine = fixedMachineTitle(plan.system.id, 'verify');
  const permissions = stepPermissions(plan, steps, {
    machine: stateMachineArn(machine),
    executions: arn('states', `execution:${machine}:*`),
  });
  const makes = steps.some(step => step.do === 'backup.create');
  return [
    ...(makes ? [allow(['s3:PutObject'], ['${ReportBucket.Arn}/*'])] : []),
    ...permissions.map(fromPermission),
  ];
}

const interfaceActions: Readonly<Record<string, string>> = {
  'ec2:AssignPrivateIpAddresses': 'Lambda makes the interfaces of a function in a network',
  'ec2:CreateNetworkInterface': 'Lambda makes the interfaces of a function in a network',
  'ec2:DeleteNetworkInterface': 'Lambda removes the interfaces of a function in a network',
  'ec2:UnassignPrivateIpAddresses': 'Lambda removes the interfaces of a function in a network',
};
/**
 * Actions that are no plain reads and can't be held to a resource, and why. Every other one names what it may touch.
 */
export const openActions: Readonly<Record<string, string>> = {
  ...interfaceActions,
  'cloudtrail:LookupEvents': 'It only reads, and CloudTrail has no resource for it',
};

/**
 * Lambda makes the network interfaces of a function with the function's role, and asks for these on every resource.
 * The second statement keeps the function's own code from using them. Source: Lambda developer guide, "Giving Lambda
 * functions access to resources in an Amazon VPC".
 */
function networkInterfaces(ownArn: string): Statement[] {
  const Action = [...Object.keys(interfaceActions), 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];
  const Condition = { ArnEquals: { 'lambda:SourceFunctionArn': [ownArn] } };
  return [allow(Action, ['*']), { Effect: 'Deny', Action, Resource: ['*'], Condition }];
}

/** An action of the plan with the parameters of one step, components filled in. */
export type UsedAction = { action: Action; parameters: Record<string, unknown>; step: StepPlan };

function fromPermission(permission: Permission): Statement {
  const statement = allow(permission.actions, permission.resources);
  return permission.conditions ? { ...statement, Condition: permission.conditions } : statement;
}

/** One statement for the same actions under the same conditions, so that a role stays readable and small. */
export function merge(statements: readonly Statement[]): Statement[] {
  const merged = new Map<string, Statement>();
  for (const statement of statements) {
    const actions = [...new Set(statement.Action)].sort();
    const key = JSON.stringify([actions, statement.Condition ?? null]);
    const known = merged.get(key);
    const resources = [...new Set([...(known?.Resource ?? []), ...statement.Resource])].sort();
    merged.set(key, { ...statement, Action: actions, Resource: resources });
  }
  return [...merged.values()];
}

/** Statements of a state machine's role. `sync` machines are started and waited for. */
export function machineStatements(
  system: string,
  calls: { functions: string[]; sync: string[]; start: string[]; maps: string[] },
): Statement[] {
  const statements: Statement[] = [];
  if (calls.functions.length > 0) {
    statements.push(
      allow(
        ['lambda:InvokeFunction'],
        calls.functions.map(name => functionArn(system, name)),
      ),
    );
  }
  const started = [...new Set([...calls.sync, ...calls.start, ...calls.maps])].sort();
  if (started.length > 0) statements.push(allow(['states:StartExecution'], started.map(stateMachineArn)));
  if (calls.sync.length > 0) {
    statements.push(
      allow(
        ['states:DescribeExecution', 'states:StopExecution'],
        calls.sync.map(name => arn('states', `execution:${name}:*`)),
      ),
      // Step Functions keeps one managed rule of this name to learn that a nested execution has ended.
      allow(
        ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        [arn('events', 'rule/StepFunctionsGetEventsForStepFunctionsExecutionRule')],
      ),
    );
  }
  if (calls.maps.length > 0) {
    // Source: Step Functions developer guide, "IAM policies for using Distributed Map states".
    const runs = calls.maps.map(name => arn('states', `execution:${name}/*`));
    statements.push(allow(['states:DescribeExecution', 'states:StopExecution'], runs));
  }
  return statements;
}

/** All steps of a plan, in order. */
export function allSteps(plan: Plan): StepPlan[] {
  return Object.values(plan.scenarios).flatMap(scenario =>
    scenario.phases.flatMap(phase => stepsOf(phase.steps)),
  );
}
