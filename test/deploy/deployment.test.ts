import { describe, expect, it } from 'vitest';
import { deploymentOf } from '../../deploy/build.ts';
import { environmentSchema } from '../../handlers/real-runtime.ts';
import { topicsOf } from '../../shared/deployment.ts';
import { allStates, type Definition, openArns } from '../../state-machines/asl.ts';
import { liquidAbt, resolve, statementsOf } from './support.ts';

const { plan, deployment } = await liquidAbt();
const { resources } = deployment;
type Config = {
  role: string;
  environment?: Record<string, unknown>;
  events?: Record<string, Record<string, unknown>>[];
  vpc?: unknown;
  destinations?: unknown;
};
const functions = deployment.functions as Record<string, Config>;
const properties = (id: string) =>
  (resolve(resources[id]) as { Properties: Record<string, unknown> }).Properties;
const ofType = (type: string) => Object.entries(resources).filter(([, resource]) => resource.Type === type);

describe('functions', () => {
  it('are one per fixed handler and one per family that the plan uses', () => {
    const kinds = JSON.stringify(plan.scenarios).matchAll(/"do":"([a-z0-9]+)\./g);
    const families = new Set([...kinds].map(match => match[1]));
    const fixed = [
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
    ];
    expect(Object.keys(functions).sort()).toEqual([...fixed, ...families].sort());
  });

  it.each(Object.keys(functions))('%s is told everything that its runtime asks for', name => {
    const told = resolve({ ...deployment.environment, ...functions[name]?.environment });
    expect(environmentSchema.safeParse(told).error).toBeUndefined();
    const asked = Object.keys(environmentSchema.shape).filter(key => key.startsWith('LIFEBOAT_'));
    const missing = asked.filter(key => !(key in (told as object)));
    const onlySome = ['LIFEBOAT_DECISION_URL', 'LIFEBOAT_SCHEDULE_ROLE'];
    expect(missing.filter(key => !onlySome.includes(key))).toEqual([]);
  });

  it('that write links know the address of the page', () => {
    const knowing = Object.entries(functions).filter(([, { environment }]) => environment !== undefined);
    expect(knowing.map(([name]) => name).sort()).toEqual(['ask', 'communicate', 'execution-ended', 'run']);
    for (const [, { environment }] of knowing) {
      expect(resolve(environment)).toEqual({
        LIFEBOAT_DECISION_URL: 'https://<HttpApi>.execute-api.ap-southeast-4.amazonaws.com/',
      });
    }
  });

  it('that signals start set aside what they can not take, where their role may write', () => {
    for (const name of ['triage', 'execution-ended']) {
      const arn = 'arn:aws:sqs:ap-southeast-4:111122223333:lifeboat-liquid-abt-failed-events';
      expect(resolve(functions[name]?.destinations)).toEqual({ onFailure: { type: 'sqs', arn } });
      const statements = statementsOf(resources, functions[name]?.role ?? '');
      expect(statements).toContainEqual({ Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: [arn] });
    }
    expect(properties('FailedEvents').QueueName).toBe('lifeboat-liquid-abt-failed-events');
  });

  it('that probe from outside run outside of the network of the system', () => {
    const inside = Object.entries(functions).filter(([, { vpc }]) => vpc !== undefined);
    expect(inside.map(([name]) => name).sort()).toEqual(['eks', 'k8s', 'rds', 'redis', 'sql', 'verify']);
  });
});

describe('signals', () => {
  const rules = (functions.triage?.events ?? []).flatMap(({ eventBridge }) =>
    eventBridge ? [eventBridge] : [],
  );
  const patterns = (source: string) =>
    rules.filter(rule => JSON.stringify(rule.pattern).includes(`"${source}"`)).map(resolve) as {
      eventBus?: string;
      pattern: { detail: Record<string, string[]> };
    }[];

  it('of every alarm that the plan names reach triage', () => {
    const [rule] = patterns('aws.cloudwatch');
    const named = Object.entries(plan.signals).flatMap(([id, signal]) => {
      if (signal.type === 'alarm') return [signal.alarmName];
      return signal.type === 'heartbeat' ? [`lifeboat-liquid-abt-${id}`] : [];
    });
    expect(named.length).toBeGreaterThan(0);
    expect(rule?.pattern.detail.alarmName).toEqual(named);
  });

  it('of a heartbeat have an alarm that counts what arrives on the bus and fires on silence', () => {
    const beats = Object.entries(plan.signals).filter(([, { type }]) => type === 'heartbeat');
    expect(beats.length).toBeGreaterThan(0);
    for (const [id, signal] of beats) {
      const alarm = ofType('AWS::CloudWatch::Alarm')
        .map(([name]) => properties(name))
        .find(({ AlarmName }) => AlarmName === `lifeboat-liquid-abt-${id}`);
      expect(alarm).toMatchObject({ MetricName: 'MatchedEvents', TreatMissingData: 'breaching' });
      const silence = Number(alarm?.EvaluationPeriods) * Number(alarm?.Period);
      expect(silence).toBe('missing' in signal ? signal.missing : 0);
      expect(alarm?.Dimensions).toEqual([
        { Name: 'EventBusName', Value: properties('EventBus').Name },
        { Name: 'RuleName', Value: properties('HeartbeatRule').Name },
      ]);
    }
  });

  it.each(['aws.health', 'aws.rds'])(
    'of %s reach triage by the default bus and by that of the system',
    source => {
      expect(patterns(source).map(rule => rule.eventBus)).toEqual([undefined, '<EventBus.Name>']);
    },
  );

  it('of RDS are those of the databases that the plan watches', () => {
    expect(patterns('aws.rds')[0]?.pattern.detail).toEqual({ SourceIdentifier: ['liquid-abt-production'] });
  });

  it('also come by a topic that alarms may publish to', () => {
    expect(functions.triage?.events?.[0]).toMatchObject({ sns: { arn: { Ref: 'SignalTopic' } } });
    // CloudWatch may not use the key that AWS manages for SNS.
    expect(properties('SignalTopic')).toEqual({ TopicName: 'lifeboat-liquid-abt-signals' });
  });

  it('are looked for every minute by the probe', () => {
    expect(functions.probe?.events).toEqual([{ schedule: { rate: ['rate(1 minute)'], enabled: true } }]);
  });
});

describe('what watches Lifeboat itself', () => {
  const alarms = ofType('AWS::CloudWatch::Alarm')
    .map(([id]) => properties(id))
    .filter(({ MetricName }) => MetricName !== 'MatchedEvents');

  it('tells whoever is on call, and nobody else', () => {
    const first = plan.escalation.toSorted((a, b) => a.after - b.after)[0]?.people ?? [];
    const channels = first.map(person => plan.channels[plan.people[person]?.channel ?? '']);
    expect(channels).toMatchObject([{ type: 'sns', topic: 'on-call' }]);
    for (const { AlarmActions } of alarms) expect(AlarmActions).toEqual(['<TopicOnCall>']);
  });

  it('subscribes each person to the topic of their channel, without their address in the template', () => {
    const endpoints = Object.values(resources)
      .filter(resource => resource.Type === 'AWS::SNS::Subscription')
      .map(resource => (resource.Properties as { Endpoint: string }).Endpoint);
    const byTopic = Object.values(plan.people).filter(
      ({ channel }) => plan.channels[channel]?.type === 'sns',
    );
    expect(endpoints).toHaveLength(byTopic.length);
    expect(endpoints).toContain('{{resolve:secretsmanager:liquid-abt/contacts:SecretString:cto}}');
  });

  it('fires before a run has used up its objective', () => {
    expect(properties('RunningTooLongAlarm')).toMatchObject({
      Namespace: 'Lifeboat',
      MetricName: 'RunObjectiveUsedPercent',
      Threshold: 90,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  it('says so when nobody is being informed any more', () => {
    expect(properties('CommunicationFailedAlarm')).toMatchObject({
      Namespace: 'AWS/States',
      MetricName: 'ExecutionsFailed',
      Dimensions: [
        {
          Name: 'StateMachineArn',
          Value: 'arn:aws:states:ap-southeast-4:111122223333:stateMachine:liquid-abt-lifeboat-communicate',
        },
      ],
    });
  });

  it('looks at every function that hears or says something, and at what was set aside', () => {
    const watched = alarms.flatMap(({ Dimensions }) =>
      (Dimensions as { Value: string }[]).map(({ Value }) => Value),
    );
    for (const name of ['triage', 'probe', 'decide', 'communicate', 'execution-ended', 'failed-events']) {
      expect(watched).toContain(`lifeboat-liquid-abt-${name}`);
    }
  });
});

describe('what is kept', () => {
  it('can be restored to any second, and survives the stack', () => {
    expect(resources.Table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(properties('Table')).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    });
    expect(resources.ReportBucket).toMatchObject({ DeletionPolicy: 'Retain' });
  });

  it('has a topic for every channel', () => {
    const names = ofType('AWS::SNS::Topic').map(([id]) => properties(id).TopicName);
    for (const topic of topicsOf(plan)) expect(names).toContain(`lifeboat-liquid-abt-${topic}`);
  });
});

describe('state machines', () => {
  const machines = Object.values(deployment.stateMachines);
  const text = JSON.stringify(
    resolve(machines.map(({ definition }) => ({ 'Fn::Sub': JSON.stringify(definition) }))),
  );

  const families = Object.keys(functions).filter(name => functions[name]?.events === undefined);
  const handedOver = new Set(text.match(/arn:aws:lambda:[^"\\]+/g));

  /** ARNs that the tasks of a definition call; the step machine calls the function that it is given with the step. */
  const calledBy = (name: string, definition: unknown): string[] =>
    allStates(definition as Definition).flatMap(([, state]) => {
      // The items of a distributed Map are executions of the same machine.
      if (state.Type === 'Map') return [`arn:aws:states:ap-southeast-4:111122223333:stateMachine:${name}`];
      if (state.Type !== 'Task') return [];
      const { FunctionName, StateMachineArn } = state.Parameters;
      const target = FunctionName ?? StateMachineArn;
      if (typeof target === 'string') return [String(resolve({ 'Fn::Sub': target }))];
      if (state.Parameters['StateMachineArn.$'] === '$$.StateMachine.Id') {
        return [`arn:aws:states:ap-southeast-4:111122223333:stateMachine:${name}`];
      }
      const fixed = ['run', 'ask', 'communicate', 'report', 'backups', 'verify'];
      return [...handedOver].filter(
        arn =>
          families.some(name => arn.endsWith(`-${name}`)) && !fixed.some(name => arn.endsWith(`-${name}`)),
      );
    });

  it('leave no name open', () => {
    expect(machines.flatMap(({ definition }) => openArns(definition as Definition))).toEqual([]);
  });

  it('name only functions and state machines that the deployment has', () => {
    const named = new Set(text.match(/arn:aws:(lambda|states):ap-southeast-4:[^"\\]+/g));
    const known = [
      ...Object.keys(functions).map(
        name => `lambda:ap-southeast-4:111122223333:function:lifeboat-liquid-abt-${name}`,
      ),
      ...machines.map(({ name }) => `states:ap-southeast-4:111122223333:stateMachine:${name}`),
    ].map(arn => `arn:aws:${arn}`);
    expect([...named].filter(arn => !known.includes(arn))).toEqual([]);
    expect(named.size).toBeGreaterThan(machines.length);
  });

  it.each(machines.map(machine => [machine.name, machine] as const))(
    '%s calls what its role allows, and its role allows nothing more',
    (_, machine) => {
      const [roleId = ''] = (machine.role as { 'Fn::GetAtt': string[] })['Fn::GetAtt'];
      const sharing = machines.filter(other => JSON.stringify(other.role) === JSON.stringify(machine.role));
      const called = new Set(sharing.flatMap(({ name, definition }) => calledBy(name, definition)));
      const calling = ['lambda:InvokeFunction', 'states:StartExecution'];
      const allowed = statementsOf(resources, roleId)
        .filter(({ Action }) => Action.some(action => calling.includes(action)))
        .flatMap(({ Resource }) => Resource);
      expect(called.size).toBeGreaterThan(0);
      expect(allowed.filter(arn => !arn.endsWith('*')).sort()).toEqual([...called].sort());
    },
  );
});

it('refuses a plan whose names would be too long for AWS', async () => {
  const id = `a${'b'.repeat(39)}`;
  const long = { ...plan, system: { ...plan.system, id } };
  await expect(deploymentOf(long)).rejects.toThrow(/execution-ended.*64 characters/);
});
