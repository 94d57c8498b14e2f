import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../shared/errors.ts';
import { buildReport, type ReportInput } from '../../shared/report/model.ts';
import { measuredFromText } from '../../shared/report/words.ts';
import { abortedRun, drillRun, dryRun, refusedRun } from './fixtures/others.ts';
import { makePlan } from './fixtures/plan.ts';
import { recoveredMoments, recoveredRun, rehearsalFacts } from './fixtures/recovered.ts';
import { iso, type Moment, message, runId, sealLedger, stepMoments } from './fixtures/story.ts';

describe('a run that recovered', () => {
  it('splits the recovery time at the opening, the last decision and the last execution', async () => {
    const { rto } = buildReport(await recoveredRun());
    expect(rto).toEqual({
      targetSeconds: 14_400,
      actualSeconds: 4320,
      met: true,
      detectSeconds: 180,
      decideSeconds: 720,
      executeSeconds: 3090,
      verifySeconds: 330,
      criticalPathSeconds: 3010,
      measuredFrom: 'outage',
    });
  });

  it('takes the data loss from what the restore put out', async () => {
    const { rpo } = buildReport(await recoveredRun());
    expect(rpo).toMatchObject({ targetSeconds: 3600, actualSeconds: 425, met: true });
    expect(rpo.basis).toContain('restore-database restored to 2026-03-10 16:34:55 UTC');
  });

  it('believes the simulated database about the data that survived more than the restore step', async () => {
    const input = await recoveredRun();
    const { rpo } = buildReport({ ...input, facts: { ...input.facts, dataCutAt: iso(-3700) } });
    expect(rpo).toMatchObject({ actualSeconds: 3700, met: false });
    expect(rpo.basis).toContain('restored to 2026-03-10 16:34:55 UTC');
  });

  it('counts from when the outage really began, not from when signals saw it', async () => {
    const input = await recoveredRun();
    const late = { ...input.run, outageStartedAt: iso(60) };
    expect(buildReport({ ...input, run: late }).rto.detectSeconds).toBe(180);
    const unknown = { ...input, run: late, facts: { ...input.facts, outageStartedAt: undefined } };
    expect(buildReport(unknown).rto).toMatchObject({ detectSeconds: 120, actualSeconds: 4260 });
  });

  it('lists steps in the order of the plan with attempts, and ends a retried step at its last end', async () => {
    const { steps } = buildReport(await recoveredRun());
    expect(steps).toHaveLength(16);
    expect(steps.map(({ id }) => id).slice(4, 9)).toEqual([
      'find-restore-point',
      'fence',
      'restore-database',
      'put-endpoint',
      'scale-nodes',
    ]);
    expect(steps.find(({ id }) => id === 'scale-nodes')).toEqual({
      phase: 'activate',
      id: 'scale-nodes',
      action: 'eks.scale-nodegroup',
      status: 'done',
      startedAt: iso(936),
      endedAt: iso(1700),
      attempts: 2,
    });
  });

  it('measures messages against their deadlines and shows a fallback as one message', async () => {
    const { notifications, detail } = buildReport(await recoveredRun());
    expect(notifications).toHaveLength(6);
    expect(notifications[1]).toMatchObject({ audience: 'executives', channel: 'on-call', onTime: true });
    expect(notifications[2]).toEqual({
      audience: 'customers',
      channel: 'customers',
      template: 'incident-opened',
      sentAt: iso(2220),
      afterSeconds: 2040,
      dueSeconds: 1800,
      onTime: false,
    });
    expect(detail.failedMessages).toHaveLength(1);
    expect(detail.untold).toEqual([]);
  });

  it('prices transitions and Lambda calls at list price', async () => {
    const report = buildReport(await recoveredRun());
    // 400 x 0.025/1000 + 200 x 0.20/1M + 200 x 0.25 GB-s x 0.0000133334
    expect(report.estimatedCostUsd).toBe(0.0107);
  });

  it('multiplies the cost per hour by the measured outage', async () => {
    const { detail } = buildReport(await recoveredRun());
    expect(detail.outageCost).toMatchObject({
      currency: 'AUD',
      amount: 12_000,
      outageSeconds: 4320,
      atLeast: false,
    });
  });

  it('leaves a fence that could not be proven as a task', async () => {
    const { detail } = buildReport(await recoveredRun());
    expect(detail.openTasks).toHaveLength(1);
    expect(detail.openTasks[0]?.title).toContain('old writer');
  });

  it('gives the command that replays it', async () => {
    const input = await recoveredRun();
    expect(buildReport(input).detail.replay).toBe(
      'npx lifeboat rehearse plans/liquid-abt/plan.yml --scenario region-failure --seed 7 --fault region:ap-southeast-2 --fault throttle:rds',
    );
    const changed = { ...input, run: { ...input.run, parameters: { replicas: 5 } } };
    expect(buildReport(changed).detail.replay).toMatch(/--set replicas=5$/);
    const hostile = { ...input, facts: { ...input.facts, faults: ["x'; rm -rf ~"] } };
    expect(buildReport(hostile).detail.replay).toContain("--fault 'x'\\''; rm -rf ~'");
  });

  it('leaves out what other runs of the incident did', async () => {
    const other: Moment[] = [
      ...stepMoments('route', 'move-app', 'route53.failover', [[4400, 'failed']]),
      [4401, { type: 'run-ended', run: 'other', outcome: 'failed', reasons: [] }],
    ];
    const foreign = other.map(
      ([seconds, entry]): Moment => [seconds, entry.type === 'step' ? { ...entry, run: 'other' } : entry],
    );
    const report = buildReport(await recoveredRun(foreign));
    expect(report.outcome).toBe('recovered');
    expect(report.steps.find(({ id }) => id === 'move-app')?.status).toBe('done');
  });
});

describe('a run that did not recover', () => {
  it('has no recovery time when nobody approved, keeps the parts that ended, and says nothing was changed', async () => {
    const report = buildReport(await abortedRun());
    expect(report.outcome).toBe('aborted');
    expect(report.rto).toMatchObject({
      actualSeconds: null,
      met: false,
      detectSeconds: 180,
      decideSeconds: null,
      executeSeconds: null,
      verifySeconds: null,
    });
    expect(report.rpo).toMatchObject({ actualSeconds: null, met: null });
    expect(report.detail.changes).toEqual([]);
    expect(report.detail.notReached.map(({ id }) => id)).toContain('move-app');
    expect(report.detail.problems[0]?.mend).toContain('Reach an approver');
    expect(report.detail.untold.map(({ audience }) => audience)).toEqual(['executives', 'customers']);
    expect(report.detail.outageCost).toMatchObject({ atLeast: true, outageSeconds: 2060 });
  });

  it('keeps the decision time of a run that was refused afterwards, and says a problem once', async () => {
    const report = buildReport(await refusedRun());
    expect(report.outcome).toBe('refused');
    expect(report.rto).toMatchObject({
      decideSeconds: 720,
      executeSeconds: null,
      actualSeconds: null,
      met: false,
    });
    expect(report.detail.problems).toHaveLength(1);
    expect(report.detail.problems[0]).toMatchObject({ step: 'find-restore-point' });
  });

  it('counts a run without an end as failed and says so', async () => {
    const input = await recoveredRun();
    const ledger = input.ledger.filter(({ entry }) => entry.type !== 'run-ended');
    const report = buildReport({ ...input, ledger });
    expect(report.outcome).toBe('failed');
    expect(report.rto.actualSeconds).toBeNull();
    expect(report.detail.problems.at(-1)?.what).toContain('nothing about how the run ended');
  });

  it('says that no run was started when the ledger is empty', async () => {
    const input = await recoveredRun();
    const report = buildReport({ ...input, ledger: [] });
    expect(report.outcome).toBe('failed');
    expect(report.rto).toMatchObject({ actualSeconds: null, detectSeconds: null, met: false });
    expect(report.detail.problems).toEqual([expect.objectContaining({ what: 'No run was started.' })]);
    expect(report.detail.chain).toEqual({ entries: 0, head: null, verified: true, problem: null });
  });

  it('lists a message that no channel took once, however many tried', async () => {
    const input = await abortedRun();
    const lost = (seconds: number, channel: string) =>
      message(seconds, 'customers', channel, 'initial', 1980, { status: 'failed', error: 'refused' });
    const moments: Moment[] = input.ledger.map(({ at, entry }) => [
      (Date.parse(at) - Date.parse(iso(0))) / 1000,
      entry,
    ]);
    const ledger = await sealLedger([...moments, lost(190, 'customers'), lost(191, 'on-call')]);
    const { notifications, detail } = buildReport({ ...input, ledger });
    expect(notifications.filter(({ sentAt }) => sentAt === null)).toHaveLength(1);
    expect(notifications.find(({ sentAt }) => sentAt === null)).toMatchObject({
      onTime: false,
      afterSeconds: null,
    });
    expect(detail.failedMessages).toHaveLength(2);
    expect(detail.openTasks.map(({ title }) => title)).toContain('Tell Customers by hand');
  });
});

describe('drills and dry runs', () => {
  it('measures a drill from its start, without detection, and its loss as if the outage began then', async () => {
    const report = buildReport(await drillRun());
    expect(report.rto).toMatchObject({
      measuredFrom: 'run',
      actualSeconds: 2400,
      met: true,
      detectSeconds: null,
      decideSeconds: 100,
      executeSeconds: 2010,
      verifySeconds: 290,
    });
    expect(report.rpo.actualSeconds).toBe(120);
    expect(report.detail.outageCost).toBeNull();
  });

  it('ends a drilled step when its work was done, and shows that it was undone', async () => {
    const report = buildReport(await drillRun());
    const step = report.detail.phases[1]?.steps[0];
    expect(step).toMatchObject({ status: 'undone', endedAt: iso(2690) });
    expect(step?.segments.at(-1)).toEqual({ status: 'undoing', attempt: 1, from: iso(3010), to: iso(3200) });
  });

  it('does not call an audience untold that drills leave alone', async () => {
    expect(buildReport(await drillRun()).detail.untold).toEqual([]);
  });

  it('names what a recovery does besides, and nobody reads that the drill has timed it', async () => {
    const report = buildReport(await drillRun());
    expect(report.detail.leftOut.length).toBeGreaterThan(0);
    expect(measuredFromText(report)).toContain(
      `The drill left alone, and so did not time, what a recovery does besides: "${report.detail.leftOut[0]}"`,
    );
    expect(buildReport(await recoveredRun()).detail.leftOut).toEqual([]);
  });

  it('measures nothing in a dry run, even where a restore point was found', async () => {
    const report = buildReport(await dryRun());
    expect(report.rto).toMatchObject({
      actualSeconds: null,
      met: null,
      detectSeconds: null,
      measuredFrom: 'nothing',
    });
    expect(report.rpo).toMatchObject({ actualSeconds: null, met: null });
    expect(report.detail.outageCost).toBeNull();
  });

  it('claims nothing of a real run that only a simulator knows', async () => {
    const report = buildReport(await drillRun());
    expect(report).toMatchObject({
      seed: null,
      invariants: null,
      awsCalls: null,
      stateTransitions: null,
      historyEvents: null,
      lambdaInvocations: null,
      estimatedCostUsd: null,
      wallMs: null,
    });
    expect(report.detail).toMatchObject({ simulated: false, replay: null });
  });
});

describe('a Multi-AZ failover', () => {
  const failover = (status: 'done' | 'skipped'): Moment[] =>
    stepMoments(
      'activate',
      'fail-over',
      'rds.failover',
      [
        [950, 'acting'],
        [1050, status],
      ],
      {
        outputs: { method: 'forced', zoneBefore: 'ap-southeast-2a', zoneAfter: 'ap-southeast-2b' },
      },
    );
  const withoutRestore = (extra: Moment[]): Promise<ReportInput['ledger']> =>
    sealLedger([
      ...recoveredMoments().filter(([, entry]) => entry.type !== 'step' || entry.action !== 'rds.restore'),
      ...extra,
    ]);

  it('loses nothing, with the change of zone as evidence', async () => {
    const input = await recoveredRun();
    const { rpo } = buildReport({ ...input, ledger: await withoutRestore(failover('done')) });
    expect(rpo).toMatchObject({ actualSeconds: 0, met: true });
    expect(rpo.basis).toContain('from ap-southeast-2a to ap-southeast-2b');
  });

  it('proves nothing when it was skipped', async () => {
    const input = await recoveredRun();
    const { rpo } = buildReport({ ...input, ledger: await withoutRestore(failover('skipped')) });
    expect(rpo).toMatchObject({ actualSeconds: null, met: null });
  });
});

describe('the evidence chain', () => {
  it('names the newest hash of an untouched ledger', async () => {
    const input = await recoveredRun();
    const { chain } = buildReport(input).detail;
    expect(chain).toEqual({
      entries: input.ledger.length,
      head: input.ledger.at(-1)?.hash,
      verified: true,
      problem: null,
    });
  });

  it('finds an entry that was changed afterwards', async () => {
    const input = await recoveredRun();
    const ledger = input.ledger.map(placed =>
      placed.entry.type === 'acknowledged' ? { ...placed, entry: { ...placed.entry, by: 'cto' } } : placed,
    );
    expect(buildReport({ ...input, ledger }).detail.chain).toMatchObject({
      verified: false,
      problem: expect.stringContaining('was changed'),
    });
  });
});

describe('tasks for people', () => {
  const task = (answer?: 'done' | 'timeout'): Moment[] => [
    [
      4090,
      {
        type: 'question',
        run: runId,
        step: 'verify-webhooks',
        question: 'q-9',
        kind: 'task',
        title: 'Call the payment provider',
        askedOf: ['cto'],
        answerWithinSeconds: 100,
      },
    ],
    ...(answer
      ? [
          [
            4200,
            {
              type: 'answer',
              run: runId,
              step: 'verify-webhooks',
              question: 'q-9',
              answer: { value: answer, by: 'cto', at: iso(4200) },
              via: 'timer',
            },
          ] satisfies Moment,
        ]
      : []),
  ];
  it.each([
    ['stays open without an answer', undefined, 1],
    ['stays open after its time was up', 'timeout', 1],
    ['is closed by "done"', 'done', 0],
  ] as const)('a task %s', async (_, answer, open) => {
    const { openTasks } = buildReport(await recoveredRun(task(answer))).detail;
    expect(openTasks.filter(({ title }) => title === 'Call the payment provider')).toHaveLength(open);
    if (open === 1) expect(openTasks[0]?.owner).toBe('Priya Raman');
  });
});

it('says of a rehearsal that a person started how soon nobody would have noticed, and of a real one nothing', async () => {
  const input = await recoveredRun();
  const byHand = input.ledger.map(each => ({
    ...each,
    entry: each.entry.type === 'incident-opened' ? { ...each.entry, by: 'person:alex' } : each.entry,
  }));
  const text = (given: typeof input) => measuredFromText(buildReport(given));
  expect(text({ ...input, ledger: byHand })).toContain('how long it would go unnoticed is not in it');
  expect(text({ ...input, ledger: byHand, facts: {} })).toBe('Measured from the start of the outage.');
});

it('says what nothing has mended in a rehearsal, and leaves open whether it is missed after one that recovered', async () => {
  const facts = { ...rehearsalFacts(), stillBroken: ['server'] };
  const said = (given: ReportInput) =>
    buildReport(given).detail.problems.flatMap(({ title, what }) =>
      title === 'The rehearsal' ? [what] : [],
    );
  expect(said({ ...(await abortedRun()), facts })).toEqual([
    expect.stringContaining('No step that was carried out'),
  ]);
  const input = { ...(await recoveredRun()), facts };
  expect(said(input)).toEqual([expect.stringContaining('no check of the plan has noticed')]);
  expect(said({ ...(await abortedRun()), facts: rehearsalFacts() })).toEqual([]);
  expect(said({ ...(await refusedRun()), facts })).toEqual([]);
});

it('a copy that took the place of damaged data leaves nothing to mend', async () => {
  const input = await recoveredRun();
  const scenario = input.plan.scenarios[input.run.scenario];
  if (scenario)
    scenario.disaster = { type: 'corruption', component: 'database', damage: 'DELETE', noticedAfter: 60 };
  const { detail } = buildReport({ ...input, facts: { ...rehearsalFacts(), stillBroken: ['database'] } });
  expect(detail.problems.map(({ title }) => title)).not.toContain('The rehearsal');
});

it('says at the top what the plan assumes of a runbook of the user’s own', async () => {
  const evidence = [{ what: 'It ended.', data: { assumed: ['server'] } }];
  const mended = stepMoments(
    'activate',
    'mend',
    'ssm.automation',
    [
      [901, 'preparing'],
      [902, 'done'],
    ],
    { evidence },
  );
  const input = await recoveredRun(mended);
  expect(buildReport(input).detail.assumed).toEqual([{ step: 'mend', mends: ['server'] }]);
  expect(measuredFromText(buildReport(input))).toContain(
    'The plan assumes that "mend" mends server; no rehearsal can prove it.',
  );
});

it('gives the same report for the same input, and shares nothing with it', async () => {
  const [first, second] = [buildReport(await recoveredRun()), buildReport(await recoveredRun())];
  expect(JSON.stringify(first)).toBe(JSON.stringify(second));
});

it('takes the objectives of the scenario before those of the plan', async () => {
  const plan = makePlan(draft => {
    Object.assign((draft.scenarios as Record<string, object>)['region-failure'] ?? {}, {
      rto: '1h',
      rpo: '5m',
    });
  });
  const report = buildReport({ ...(await recoveredRun()), plan });
  expect(report.rto).toMatchObject({ targetSeconds: 3600, met: false });
  expect(report.rpo).toMatchObject({ targetSeconds: 300, met: false });
});

it('says which scenarios a plan has when the run is of another plan', async () => {
  const input = await recoveredRun();
  const stranger = { ...input, run: { ...input.run, scenario: 'flood' } };
  expect(() => buildReport(stranger)).toThrow(InvalidInputError);
  expect(() => buildReport(stranger)).toThrow(/"flood", which the plan does not have/);
});

describe('the stretches of a step', () => {
  it('show the wait for a person between two attempts, which no status of the step stands for', async () => {
    const { phases } = buildReport(await recoveredRun()).detail;
    const step = phases[1]?.steps.find(({ id }) => id === 'scale-nodes');
    expect(step?.segments.map(({ status, attempt, from, to }) => [status, attempt, from, to])).toEqual([
      ['preparing', 1, iso(936), iso(937)],
      ['acting', 1, iso(937), iso(1400)],
      ['asking', 1, iso(1401), iso(1519)],
      ['preparing', 2, iso(1520), iso(1521)],
      ['acting', 2, iso(1521), iso(1700)],
    ]);
  });

  it('last until the run ended when nobody answered', async () => {
    const input = await recoveredRun();
    const ledger = input.ledger.filter(({ entry }) => entry.type !== 'answer');
    const step = buildReport({ ...input, ledger }).detail.phases[1]?.steps.find(
      ({ id }) => id === 'scale-nodes',
    );
    expect(step?.segments.find(({ status }) => status === 'asking')?.to).toBe(iso(4321));
  });
});

it('leaves out steps that the plan has for other modes only', async () => {
  const input = await recoveredRun();
  const approve = input.plan.scenarios['region-failure']?.phases[0]?.steps[3];
  if (approve && 'id' in approve) approve.modes = ['drill'];
  const report = buildReport(input);
  expect(report.steps.map(({ id }) => id)).not.toContain('approve');
  expect(report.detail.notReached).toEqual([]);
});

it('says the reason of a step once, with the way to mend it that the run knows', async () => {
  const input = await abortedRun();
  const ledger = input.ledger.map(placed => {
    const { entry } = placed;
    if (entry.type === 'step' && entry.status === 'failed') {
      return {
        ...placed,
        entry: { ...entry, error: 'NotApprovedError: Nobody answered in time', reasons: undefined },
      };
    }
    if (entry.type !== 'run-ended') return placed;
    return {
      ...placed,
      entry: { ...entry, reasons: [{ what: 'Approve: Nobody answered in time', mend: 'Ask again.' }] },
    };
  });
  expect(buildReport({ ...input, ledger }).detail.problems).toEqual([
    {
      step: 'approve',
      title: 'Approve the move to Melbourne',
      what: 'Nobody answered in time',
      mend: 'Ask again.',
    },
  ]);
});
