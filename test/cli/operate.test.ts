import { SendTaskSuccessCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createQuestion } from '../../shared/communication/questions.ts';
import { openIncident, openIncidentOf, resolveIncident } from '../../shared/incident/incident.ts';
import { updateIncident } from '../../shared/incident/incident-record.ts';
import { appendEntry, readLedger } from '../../shared/incident/ledger.ts';
import { acquireLock, readLock } from '../../shared/incident/lock.ts';
import { loadPlan } from '../../shared/plan/load.ts';
import type { Mode, Run, Step } from '../../shared/runbook/contract.ts';
import { createRun, readRun, updateRun } from '../../shared/runbook/run-record.ts';
import { writeStep } from '../../shared/runbook/step-record.ts';
import { firstRecord } from '../../shared/runbook/step-work.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { noteDecision } from '../../shared/triage/last-decision.ts';
import { lifeboat, planPath } from './collect.ts';
import { account, type DeployedSystem, deploySystem, region } from './deployed-system.ts';

const system = 'liquid-abt';
let deployed: DeployedSystem;
const clock = { now: () => new Date() };
const plan = (await loadPlan(planPath)).plan ?? expect.fail('no plan');

beforeAll(async () => {
  deployed = await deploySystem();
});
afterAll(() => deployed.close());
beforeEach(() => deployed.fresh());

const step: Step = {
  id: 'restore-database',
  phase: 'database',
  title: 'Restore the database',
  action: 'rds.restore',
  with: {},
  timeoutSeconds: 7200,
  onFailure: 'ask',
  modes: ['recover'],
};

/** An incident with a run under way, as the deployed functions leave them in the table. */
async function underWay(mode: Mode = 'recover'): Promise<Run> {
  const { store } = deployed;
  const now = new Date().toISOString();
  const opening = { scenario: 'region-failure', mode, openedAt: now, outageStartedAt: now, by: 'triage' };
  const incident = await openIncident({ plan, store, clock }, opening);
  const run: Run = {
    id: '20260310-3f9c1a',
    incidentId: incident.id,
    system,
    scenario: 'region-failure',
    mode,
    startedAt: now,
    outageStartedAt: now,
    parameters: {},
  };
  await createRun(store, run, 'arn:aws:states:ap-southeast-4:123456789012:execution:x:y', 'ben');
  await updateIncident(store, incident.id, current => ({ ...current, runId: run.id }));
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  await acquireLock(store, clock, system, { incidentId: incident.id, runId: run.id, expiresAt });
  return run;
}

async function ask(run: Run, kind: 'approval' | 'failed-step' | 'task', askedOf: string[], quorum = 1) {
  const runtime = { plan, store: deployed.store, clock } as Pick<Runtime, 'plan' | 'store' | 'clock'>;
  const draft = { title: 'Lose six minutes?', shows: ['The newest copy is 6 min old'], askedOf, quorum };
  const { id } = await createQuestion(runtime as Runtime, {
    run,
    step,
    attempt: 1,
    kind,
    token: 'token-1',
    draft: { ...draft, answerWithinSeconds: 900 },
  });
  return id;
}

const answered = () =>
  deployed.sfn.commandCalls(SendTaskSuccessCommand).map(({ args }) => JSON.parse(args[0].input.output ?? ''));

describe('start', () => {
  const start = (...more: string[]) =>
    lifeboat(['start', planPath, '--scenario', 'region-failure', '--by', 'platform-lead', ...more]);

  it('opens an incident and starts the state machine in the recovery region', async () => {
    deployed.sfn.on(StartExecutionCommand).resolves({});
    const { code, out, err } = await start('--reason', 'the console is red');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [call] = deployed.sfn.commandCalls(StartExecutionCommand);
    const input = call?.args[0].input;
    expect(input?.stateMachineArn).toBe(
      `arn:aws:states:${region}:${account}:stateMachine:liquid-abt-region-failure`,
    );
    expect(JSON.parse(input?.input ?? '')).toMatchObject({
      mode: 'recover',
      by: 'platform-lead',
      reason: 'the console is red',
    });
    const incident = await openIncidentOf(deployed.store, system);
    expect(out).toContain(`Started region-failure in the incident ${incident?.id}.`);
    expect(out).toContain(`npx lifeboat status ${planPath} --watch`);
  });

  it('twice within a second starts one run, and the second says whose it is', async () => {
    deployed.sfn.on(StartExecutionCommand).resolves({});
    const startPods = (...more: string[]) =>
      lifeboat(['start', planPath, '--scenario', 'pod-failure', ...more]);
    const first = await startPods('--by', 'platform-lead');
    const second = await startPods('--by', 'cto', '--set', 'pod=app-1');
    expect(deployed.sfn.commandCalls(StartExecutionCommand)).toHaveLength(1);
    const incident = await openIncidentOf(deployed.store, system);
    expect(first.out).toMatch(/^Started /);
    expect(second).toMatchObject({ code: 0, err: '' });
    expect(second.out).toMatch(
      /^Attached: platform-lead started pod-failure \(\w+\) at \d\d:\d\d:\d\d UTC, which is about to begin/,
    );
    expect(second.out).toContain(`in the incident ${incident?.id}.`);
    expect(second.out).toContain('yours were not taken');
    const notes = (await readLedger(deployed.store, incident?.id ?? '')).map(({ entry }) => entry);
    expect(notes).toContainEqual(expect.objectContaining({ type: 'note', by: 'cto' }));
  });

  it('while a run is under way names it, and another scenario is told that it did not start', async () => {
    const run = await underWay();
    const { code, out } = await start();
    expect(code).toBe(0);
    expect(out).toMatch(/^Attached: ben started region-failure \(recover\) at /);
    expect(out).toContain(`under way as run ${run.id}`);
    const other = await lifeboat(['start', planPath, '--scenario', 'database-failure', '--by', 'cto']);
    expect(other.code).toBe(1);
    expect(other.err).toMatch(/^Not started: ben started region-failure \(recover\) at /);
    expect(other.err).toContain('npx lifeboat abort');
    expect(deployed.sfn.commandCalls(StartExecutionCommand)).toHaveLength(0);
  });

  it('says why when it does not start', async () => {
    await underWay();
    const { code, err } = await lifeboat([
      'start',
      planPath,
      '--scenario',
      'region-failure',
      '--mode',
      'drill',
      '--by',
      'x',
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/^Not started: /);
  });

  it.each([
    ['no scenario', [], /^Which scenario\? .*region-failure/],
    [
      'an unknown scenario',
      ['--scenario', 'region-failur'],
      /no scenario "region-failur"\. Did you mean "region-failure"\?/,
    ],
    [
      'an unknown mode',
      ['--scenario', 'region-failure', '--mode', 'dril'],
      /no mode "dril"\. Did you mean "drill"\?/,
    ],
    [
      'a parameter without a value',
      ['--scenario', 'region-failure', '--set', 'x'],
      /--set takes name=value, not "x"/,
    ],
    ['an unknown parameter', ['--scenario', 'region-failure', '--set', 'x=1'], /has no parameter "x"/],
  ])('with %s asks AWS nothing and exits with 2', async (_, args, message) => {
    const { code, out, err } = await lifeboat(['start', planPath, '--by', 'ben', ...args]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(deployed.sts.commandCalls(GetCallerIdentityCommand)).toHaveLength(0);
  });
});

const why = ['--reason', 'AWS says hours'];

describe('answers', () => {
  it.each([
    ['approve', 'approval'],
    ['deny', 'approval'],
    ['retry', 'failed-step'],
    ['skip', 'failed-step'],
    ['done', 'task'],
  ] as const)('%s is recorded and handed to the waiting machine', async (value, kind) => {
    deployed.sfn.on(SendTaskSuccessCommand).resolves({});
    const run = await underWay();
    const id = await ask(run, kind, ['platform-lead']);
    const { code, out, err } = await lifeboat([
      value,
      planPath,
      id,
      '--by',
      'platform-lead',
      '--reason',
      'seen it',
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe('Taken; the run goes on from it.\n');
    expect(answered()).toMatchObject([{ value, by: 'platform-lead', reason: 'seen it' }]);
    const ledger = await readLedger(deployed.store, run.incidentId);
    expect(ledger.map(({ entry }) => entry)).toContainEqual(
      expect.objectContaining({ type: 'answer', via: 'cli', answer: expect.objectContaining({ value }) }),
    );
  });

  it('of one of two who have to agree waits for the other', async () => {
    const run = await underWay();
    const id = await ask(run, 'approval', ['platform-lead', 'cto'], 2);
    const { code, out } = await lifeboat(['approve', planPath, id, '--by', 'cto', ...why]);
    expect({ code, out }).toEqual({ code: 0, out: 'Taken; more people have to agree.\n' });
    expect(answered()).toEqual([]);
  });

  it('of somebody else is refused, with who was asked', async () => {
    const id = await ask(await underWay(), 'approval', ['platform-lead']);
    const { code, err } = await lifeboat(['approve', planPath, id, '--by', 'cto', ...why]);
    expect(code).toBe(1);
    expect(err).toBe('Not taken: This question was not put to this person. It was put to platform-lead.\n');
  });

  it('to a question that is not there say where to look', async () => {
    const { code, err } = await lifeboat(['approve', planPath, 'q0', '--by', 'cto', ...why]);
    expect(code).toBe(1);
    expect(err).toMatch(/no such question.*lifeboat status/);
  });

  it.each([
    [['approve', planPath, '--by', 'cto'], /^Which question\?/],
    [['approve', planPath, 'q1'], /needs --by NAME/],
    [['approve', planPath, 'q1', '--by', 'cto'], /approve needs --reason "WHY"/],
    [['deny', planPath, 'q1', '--by', 'cto', '--reason', ' '], /deny needs --reason/],
    [['skip', planPath, 'q1', '--by', 'cto'], /skip needs --reason/],
    [['abort', planPath, '--by', 'cto'], /abort needs --reason/],
    [['ack', planPath, 'q1', '--by', 'cto'], /does not know what to do with "q1"/],
    [['ack'], /^Which system\?/],
    [['ack', 'plans/none.yml', '--by', 'cto'], /plans\/none\.yml/],
  ])('%j exits with 2', async (argv, message) => {
    const { code, err } = await lifeboat(argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe('ack', () => {
  it('stops the escalation, and the first one stays', async () => {
    await underWay();
    expect(await lifeboat(['ack', planPath, '--by', 'cto'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('is acknowledged by cto'),
    });
    expect(await lifeboat(['ack', planPath, '--by', 'platform-lead'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('was acknowledged by cto before'),
    });
  });

  it('without an incident says so', async () => {
    expect(await lifeboat(['ack', planPath, '--by', 'cto'])).toMatchObject({
      code: 1,
      err: 'No incident is open.\n',
    });
  });
});

describe('abort', () => {
  it('stops the run and answers what it waits for', async () => {
    deployed.sfn.on(SendTaskSuccessCommand).resolves({});
    const run = await underWay();
    await ask(run, 'approval', ['platform-lead']);
    const { code, out } = await lifeboat(['abort', planPath, '--by', 'cto', '--reason', 'false alarm']);
    expect(code).toBe(0);
    expect(out).toContain(`The run ${run.id} begins nothing new`);
    expect(await readRun(deployed.store, run.id)).toMatchObject({
      abortedBy: 'cto',
      abortReason: 'false alarm',
    });
    expect(answered()).toMatchObject([{ value: 'abort', by: 'cto' }]);
  });

  it('stops a drill, which is no open incident of the system', async () => {
    const run = await underWay('drill');
    expect(await openIncidentOf(deployed.store, system)).toBeUndefined();
    expect(await lifeboat(['abort', planPath, '--by', 'cto', ...why])).toMatchObject({ code: 0 });
    expect(await readRun(deployed.store, run.id)).toMatchObject({ abortedBy: 'cto' });
  });

  it('of a run that has ended says how it ended', async () => {
    const run = await underWay();
    await updateRun(deployed.store, run.id, record => ({ ...record, outcome: 'failed' }));
    expect(await lifeboat(['abort', planPath, '--by', 'cto', ...why])).toMatchObject({
      code: 1,
      err: `The run ${run.id} has ended already: failed.\n`,
    });
  });

  it('without a run says so', async () => {
    expect((await lifeboat(['abort', planPath, '--by', 'cto', ...why])).code).toBe(1);
  });
});

describe('resolve', () => {
  it('does not close an incident over a run that is under way', async () => {
    const run = await underWay();
    const { code, err } = await lifeboat(['resolve', planPath, '--by', 'cto']);
    expect(code).toBe(1);
    expect(err).toContain(`The run ${run.id} is still under way`);
    expect(err).toContain(`npx lifeboat abort ${planPath} --by cto`);
  });

  it('closes it after the run has ended', async () => {
    const run = await underWay();
    await updateRun(deployed.store, run.id, record => ({ ...record, outcome: 'failed' }));
    expect(await lifeboat(['resolve', planPath, '--by', 'cto'])).toMatchObject({
      code: 0,
      out: `${run.incidentId} is resolved.\n`,
    });
    expect(await openIncidentOf(deployed.store, system)).toBeUndefined();
    expect(await readLock(deployed.store, system)).toBeDefined();
  });
});

describe('refusals', () => {
  it('lists what was refused, in an incident and outside of one, and checks the chains', async () => {
    expect((await lifeboat(['refusals', planPath])).out).toMatch(/^No link and no request was refused/);
    const { incidentId } = await underWay();
    const refused = { type: 'link-refused' as const, why: 'The link is forged (cto).' };
    await appendEntry(deployed.store, clock, incidentId, refused);
    await appendEntry(deployed.store, clock, `refusals-${system}`, { ...refused, from: 'slack' });
    const { code, out } = await lifeboat(['refusals', planPath]);
    expect(code).toBe(0);
    expect(out).toContain(`${incidentId}  A decision link: The link is forged (cto).`);
    expect(out).toContain('no incident  A request in the name of Slack: ');
    expect(out).toMatch(/The chains of hashes of \d+ ledgers hold/);
  });
});

describe('switch', () => {
  it('shows, turns on and turns off', async () => {
    expect((await lifeboat(['switch', planPath])).out).toMatch(/is off \(nobody\)/);
    expect(await lifeboat(['switch', planPath, 'on', '--by', 'cto', '--reason', 'drilled'])).toMatchObject({
      code: 0,
      out: 'The automatic start is on.\n',
    });
    expect((await lifeboat(['switch', planPath])).out).toMatch(/is on \(cto, .*\): drilled/);
    expect((await lifeboat(['switch', planPath, 'off', '--by', 'cto'])).code).toBe(0);
    expect((await lifeboat(['switch', planPath])).out).toMatch(/is off \(cto/);
  });

  it.each([
    [['maybe', '--by', 'cto'], /on or off, not "maybe"/],
    [['on'], /needs --by NAME/],
  ])('%j exits with 2', async (more, message) => {
    const { code, err } = await lifeboat(['switch', planPath, ...more]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe('status', () => {
  it('of a system without incidents says whether it starts by itself', async () => {
    const { code, out } = await lifeboat(['status', planPath]);
    expect(code).toBe(0);
    expect(out).toContain('LIQUID ABT: no incident so far');
    expect(out).toMatch(/automation {2}off: /);
    expect(out).not.toContain('signals');
  });

  it('says what the signals came to while no incident is open', async () => {
    const { plan } = await loadPlan(planPath);
    if (!plan) throw new Error('no plan');
    const runtime = { plan, store: deployed.store, clock } as Pick<Runtime, 'plan' | 'store' | 'clock'>;
    const reasons = ['region-failure: 1 of 2 observers fire (probe)'];
    const note = () => noteDecision(runtime as Runtime, { decision: 'ignore', reasons });
    const signals = async () => (await lifeboat(['status', planPath])).out.match(/signals .*/)?.[0];
    await note();
    expect(await signals()).toContain('1 of 2 observers fire (probe) (since ');
    const { incidentId } = await underWay();
    expect(await signals()).toBeUndefined();
    await resolveIncident(deployed.store, clock, incidentId, 'ben');
    expect(await signals()).toBeUndefined();
    reasons.push('database-failure: 1 of 2 observers fire (rds)');
    await note();
    expect(await signals()).toContain('database-failure');
  });

  it('says what is under way and gives the commands', async () => {
    const run = await underWay();
    const id = await ask(run, 'approval', ['platform-lead']);
    await writeStep(deployed.store, run.id, step.id, () => ({
      ...firstRecord(step, run.startedAt),
      status: 'acting',
      note: 'the instance is creating',
    }));
    await appendEntry(deployed.store, clock, run.incidentId, {
      type: 'escalated',
      level: 1,
      people: ['cto'],
    });
    const { out } = await lifeboat(['status', planPath]);
    expect(out).toContain('run under way');
    expect(out).toContain(`npx lifeboat approve ${planPath} ${id} --by platform-lead`);
    expect(out).toContain('level 1: Chief Technology Officer');
  });

  it('as JSON is one object without task tokens', async () => {
    const run = await underWay();
    await ask(run, 'approval', ['platform-lead']);
    const { out } = await lifeboat(['status', planPath, '--json']);
    expect(JSON.parse(out)).toMatchObject({
      system,
      automation: { state: 'off' },
      incident: { id: run.incidentId },
      run: { run: { id: run.id } },
      waiting: [{ title: 'Lose six minutes?' }],
    });
    expect(out).not.toContain('token-1');
    expect(
      JSON.parse((await lifeboat(['status', planPath, '--json', '--incident', run.incidentId])).out),
    ).toEqual(JSON.parse(out));
  });

  it('shows a drill when nothing real is open', async () => {
    const run = await underWay('drill');
    expect((await lifeboat(['status', planPath])).out).toContain(run.incidentId);
  });

  it('of an incident that is not there names those that are', async () => {
    const run = await underWay();
    const { code, err } = await lifeboat(['status', planPath, '--incident', 'liquid-abt-1']);
    expect(code).toBe(1);
    expect(err).toContain(`The newest are: ${run.incidentId}.`);
  });

  it('--watch reads again every few seconds', async () => {
    await underWay();
    const { code, out, waited } = await lifeboat(['status', planPath, '--watch'], { looks: 2 });
    expect(code).toBe(0);
    expect(out.match(/run under way/g)).toHaveLength(3);
    expect(out.match(/^Read again at .* UTC$/gm)).toHaveLength(2);
    expect(waited).toEqual([5, 5, 5]);
  });
});

describe('what can not work is said as it is', () => {
  it('a system that is not deployed', async () => {
    await deployed.undeployed();
    const { code, out, err } = await lifeboat(['status', planPath]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^LIQUID ABT is not deployed in ap-southeast-4, or not in this account\./);
    expect(err).toContain(`npx serverless deploy --param="plan=${planPath}"`);
  });

  it('a state machine that is not there', async () => {
    deployed.sfn.on(StartExecutionCommand).rejects(
      Object.assign(new Error('gone'), {
        name: 'StateMachineDoesNotExist',
        $fault: 'client',
        $metadata: {},
      }),
    );
    const { code, err } = await lifeboat(['start', planPath, '--scenario', 'region-failure', '--by', 'cto']);
    expect(code).toBe(1);
    expect(err).toContain('is not deployed in ap-southeast-4');
  });

  it('a shell without credentials', async () => {
    deployed.sts
      .on(GetCallerIdentityCommand)
      .rejects(Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' }));
    const { code, err } = await lifeboat(['status', planPath]);
    expect(code).toBe(1);
    expect(err).toMatch(/^This shell has no AWS credentials.*\nSign in \(aws sso login/);
  });

  it('a role that may not', async () => {
    deployed.sts
      .on(GetCallerIdentityCommand)
      .rejects(
        Object.assign(new Error('no'), { name: 'AccessDeniedException', $fault: 'client', $metadata: {} }),
      );
    const { code, err } = await lifeboat(['ack', planPath, '--by', 'cto']);
    expect(code).toBe(1);
    expect(err).toContain('sts.GetCallerIdentity in ap-southeast-4 was refused');
  });

  it('nobody is paged by a command that only asks', async () => {
    await lifeboat(['status', planPath]);
    expect(deployed.sns.commandCalls(PublishCommand)).toHaveLength(0);
  });
});
