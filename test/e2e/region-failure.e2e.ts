import {
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendTaskFailureCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { clientOf } from './deployed/clients.ts';
import { lifeboat } from './deployed/lifeboat.ts';
import { planPath } from './deployed/packages.ts';
import { linkIn, openPage, press } from './wired/decision-page.ts';
import { alarmEvent, healthEvent, putServiceEvent } from './wired/events.ts';
import { executionsOf, until } from './wired/executions.ts';
import { account, startWithStandby, type WithStandby } from './wired/loopback.ts';
import { componentOf } from './wired/melbourne.ts';
import { listenToTopics, type Queues } from './wired/queues.ts';
import { reportOf } from './wired/reports.ts';
import { decisionsOf, scanTable } from './wired/table.ts';

const { ministack, moto, postgres, kubernetes } = inject('servers');
const plan = planPath('liquid-abt');
const machine = 'liquid-abt-region-failure';
const triage = ['lifeboat-liquid-abt-triage'];
/** Longer than the trigger wants it to last, 3 minutes. */
const sustainedSeconds = 190;
/** A gate has so long to move the answers before the records are changed, and alarms have to stay quiet for so long. */
const planWaitsSeconds = 300;

describe.skipIf(!ministack.up || !moto.up || !postgres.up || !kubernetes.up)('when Sydney is lost', () => {
  let world: WithStandby;
  let queues: Queues;
  const call = (name: string, ...args: string[]) => lifeboat(world.place, name, plan, ...args);
  const put = (event: Record<string, unknown>) => putServiceEvent(world.place, 'default', event);
  const heartbeat = (since: Date) =>
    alarmEvent(world.place, account, 'lifeboat-liquid-abt-primary-heartbeat', since);
  const here = () => ({ endpoint: world.moto, region: world.place.region });
  const balancers = () => ({
    primary: componentOf(world.plan, 'app-name', 'dns-name').primaryTarget,
    recovery: componentOf(world.plan, 'app-name', 'dns-name').recoveryTarget,
  });
  /** Where a message to this person with this beginning leads. */
  const linkTo = (topic: string, beginning: string, nth = 0) =>
    until(`a message to ${topic}: ${beginning}`, 60, async () => {
      const texts = (await queues.received()).get(topic) ?? [];
      return linkIn(texts.filter(text => text.startsWith(beginning))[nth] ?? '');
    });
  const statusSays = (pattern: RegExp, withinSeconds = 120) =>
    until(String(pattern), withinSeconds, async () => {
      const { out } = await call('status');
      return pattern.test(out) ? out : undefined;
    });
  const ended = (executions: number) =>
    until('the end of the execution', 120, async () => {
      const all = await executionsOf(world.place, machine);
      const over = all.length === executions && all.every(({ status }) => status !== 'RUNNING');
      return over ? all.map(({ status }) => status) : undefined;
    });

  beforeAll(async () => {
    if (!postgres.up || !kubernetes.up) return;
    world = await startWithStandby(postgres, kubernetes);
    queues = await listenToTopics(world.place, 'liquid-abt');
    expect(await call('switch', 'on', '--by', 'Ana')).toMatchObject({ exitCode: 0, err: '' });
    // The copied snapshot is from before the outage, as a nightly one is.
    world.clock.forward(2 * sustainedSeconds + 40);
    world.front.lose(world.plan.regions.primary);
  }, 400_000);
  afterAll(() => world?.stop());

  test('two observers open one incident and start one execution, however often they say it', async () => {
    const since = new Date(world.clock.now().getTime() - sustainedSeconds * 1000);
    const alarm = heartbeat(since);
    expect(await put(alarm)).toEqual(triage);
    const health = healthEvent(world.place, account, world.plan.regions.primary, since);
    expect(await put(health)).toEqual(triage);
    await until('an execution', 60, async () => (await executionsOf(world.place, machine))[0]);
    // The same event once more, as EventBridge may deliver it, and the alarm again while the run goes on.
    for (const again of [alarm, health, heartbeat(world.clock.now())])
      expect(await put(again)).toEqual(triage);
    await until('what triage decided', 60, async () => {
      const attached = (await decisionsOf(world.place)).filter(decision => decision === 'attach');
      return attached.length >= 3 ? attached : undefined;
    });
    expect((await decisionsOf(world.place)).filter(decision => decision === 'open')).toHaveLength(1);
    expect(await executionsOf(world.place, machine)).toHaveLength(1);
    const { out } = await call('status');
    expect(out.match(/^ {2}incident /gm)).toHaveLength(1);
  });

  test('the decision is taken on its page, by whoever was asked, once and with a reason', async () => {
    const link = await linkTo('engineering-manager', 'Your decision');
    const page = await openPage(world.place, link);
    expect(page.status).toBe(200);
    expect(page.html).toContain('ap-southeast-2 looks lost from outside: 4 of 4 addresses do not answer');
    expect(page.html).toContain('Old writer: unreachable');
    expect(page.html).toMatch(/It loses [1-9]\d* (?:s|min|h)\b[^;]* of data before the outage/);
    const unreasoned = await press(world.place, link, page, 'approve', '');
    expect(unreasoned.status).toBe(400);
    const taken = await press(world.place, link, unreasoned, 'approve', 'Sydney is dark');
    expect(taken).toMatchObject({ status: 200, html: expect.stringContaining('It is decided') });
    const late = await openPage(world.place, await linkTo('cto', 'Your decision'));
    expect(late).toMatchObject({ status: 409, html: expect.stringContaining('by engineering-manager') });
  });

  test('the database is restored and the application runs, before a single user is moved', async () => {
    await statusSays(/Not moved yet/);
    const restored = componentOf(world.plan, 'database-restored', 'rds-restore-target');
    const { DBInstances = [] } = await clientOf(RDSClient, here()).send(new DescribeDBInstancesCommand({}));
    expect(DBInstances).toMatchObject([
      {
        DBInstanceIdentifier: expect.stringMatching(/^liquid-abt-dr-\d{8}-[0-9a-f]+$/),
        DBInstanceStatus: 'available',
        MultiAZ: true,
        DeletionProtection: true,
        DBSubnetGroup: { DBSubnetGroupName: restored.subnetGroup },
        VpcSecurityGroups: [{ VpcSecurityGroupId: restored.securityGroups[0] }],
        TagList: expect.arrayContaining([{ Key: 'lifeboat:system', Value: 'liquid-abt' }]),
      },
    ]);
    const { SecretString = '{}' } = await clientOf(SecretsManagerClient, world.place).send(
      new GetSecretValueCommand({ SecretId: 'liquid-abt/dr/database' }),
    );
    expect(JSON.parse(SecretString)).toMatchObject({
      username: 'lifeboat',
      host: DBInstances[0]?.Endpoint?.Address,
      dbInstanceIdentifier: DBInstances[0]?.DBInstanceIdentifier,
    });
    expect(await world.cluster.readyPods('liquid-abt-app')).toBe(3);
    expect(await world.cluster.readyPods('liquid-abt-worker')).toBe(0);
    const { TargetGroups = [] } = await clientOf(ElasticLoadBalancingV2Client, here()).send(
      new DescribeTargetGroupsCommand({}),
    );
    expect(TargetGroups).toMatchObject([{ HealthCheckPath: '/api/health' }]);
    expect(await world.records()).toMatchObject([
      { failover: 'PRIMARY', to: balancers().primary },
      { failover: 'SECONDARY', to: balancers().recovery },
    ]);
  });

  test('the records are changed when the gate has moved nothing, and users are served', async () => {
    world.clock.forward(planWaitsSeconds);
    await statusSays(/Check the service|Restore the whole service/);
    const [primary, secondary] = await world.records();
    expect(primary).toMatchObject({
      failover: 'PRIMARY',
      to: balancers().recovery,
      check: expect.any(String),
    });
    expect(secondary).toMatchObject({ failover: 'SECONDARY', to: balancers().recovery });
    expect(world.app.asked.length).toBeGreaterThan(0);
  });

  test('the run ends when a purchase went through and the alarms stayed quiet', async () => {
    const link = await linkTo('platform-lead', 'Confirm that purchases');
    await statusSays(/all is well/);
    const page = await openPage(world.place, link);
    const done = await press(world.place, link, page, 'done', 'Bought 10 AUD, entry 4711');
    expect(done).toMatchObject({ status: 200, html: expect.stringContaining('It is decided') });
    world.clock.forward(planWaitsSeconds);
    expect(await ended(1)).toEqual(['SUCCEEDED']);
    expect(await world.cluster.readyPods('liquid-abt-worker')).toBe(2);
    const { out } = await call('status');
    expect(out).toContain('LIQUID ABT: Sydney is lost: resolved');
  });

  test('the report says what was done, and what nobody could prove', async () => {
    const { steps, rto, rpo, detail } = await reportOf(world, 'region-failure', 'recovered');
    expect(steps.filter(({ status }) => status !== 'done')).toEqual([]);
    expect({ rto: rto.met, rpo: rpo.met }).toEqual({ rto: true, rpo: true });
    // In the order in which they were begun; branches run at the same time.
    expect(detail.changes.map(change => change.call).sort()).toEqual([
      'codebuild.StartBuild',
      'codebuild.StartBuild',
      'eks.UpdateNodegroupConfig',
      'elasticloadbalancing.ModifyTargetGroup',
      'kubernetes.PatchDeploymentScale',
      'kubernetes.PatchDeploymentScale',
      'rds.RestoreDBInstanceFromDBSnapshot',
      'rds.StopDBInstance',
      'route53.ChangeResourceRecordSets',
      's3.PutObject',
      'secretsmanager.PutSecretValue',
    ]);
    expect(detail.openTasks).toMatchObject([{ title: expect.stringContaining('Keep the old writer') }]);
    expect(detail.decisions.map(({ step, answers }) => [step, ...answers])).toMatchObject([
      ['approve-activation', { value: 'approve', by: 'engineering-manager', via: 'link' }],
      ['confirm-purchases', { value: 'done', by: 'platform-lead', reason: 'Bought 10 AUD, entry 4711' }],
    ]);
  });

  test('every audience was told, and the lost region was asked for nothing but the old writer', async () => {
    const received = await queues.received();
    for (const audience of ['executives', 'customers', 'partners'])
      expect(received.get(audience)?.length, audience).toBeGreaterThanOrEqual(2);
    expect(received.get('customers')?.at(-1)).toContain('Payment webhooks are received');
    for (const person of ['cto', 'engineering-manager', 'platform-lead'])
      expect(received.get(person)?.[0], person).toBeDefined();
    for (const nobody of ['privacy', 'security-team']) expect(received.get(nobody), nobody).toEqual([]);
    const page = world.providers.shown.filter(line => /^(made|updated) /.test(line));
    expect(page).toEqual(['made investigating', 'updated monitoring', 'updated resolved']);
    expect(world.providers.shown).toContain('post LIQUID ABT: Sydney is lost - recovery has begun');
    expect(new Set(world.front.askedOf('ap-southeast-2'))).toEqual(
      new Set(['rds.DescribeDBInstances', 'rds.StopDBInstance']),
    );
    expect(world.front.strangers()).toEqual([]);
  });

  test('a run that nobody decides on ends with nothing changed', async () => {
    const before = await world.records();
    const start = ['--scenario', 'region-failure', '--by', 'Ana', '--reason', 'Sydney again'];
    expect(await call('start', ...start)).toMatchObject({ exitCode: 0 });
    const link = await linkTo('engineering-manager', 'Your decision', 1);
    await timeOut(/Activate the recovery site/);
    expect(await ended(2)).toEqual(['FAILED', 'SUCCEEDED']);
    const { out } = await call('status');
    // MiniStack calls every error of a function Runtime.HandlerError, so that the run counts as failed there.
    expect(out).toMatch(/LIQUID ABT: Sydney is lost: run (refused|failed)/);
    expect(out).toContain('Activate Melbourne?: Nobody answered in time');
    expect(out).not.toContain('Bring up Melbourne');
    expect(await openPage(world.place, link)).toMatchObject({ status: 410 });
    expect(await world.records()).toEqual(before);
  });

  /** MiniStack never ends a wait for an answer by its time; the suite says so in its place, after that time. */
  async function timeOut(title: RegExp): Promise<void> {
    const question = await until('the question', 60, async () => {
      const records = await scanTable(world.place);
      return records.find(
        ({ token, status, title: of }) => token && status === 'open' && title.test(String(of)),
      );
    });
    world.clock.forward(30 * 60);
    await clientOf(SFNClient, world.place).send(
      new SendTaskFailureCommand({
        taskToken: String(question.token),
        error: 'States.Timeout',
        cause: 'The suite has put the clock forward',
      }),
    );
  }
});
