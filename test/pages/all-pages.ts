import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { PublishCommand } from '@aws-sdk/client-sns';
import { createDecideHandler } from '../../handlers/decide.ts';
import { coverageHtml } from '../../shared/backups/coverage-page.ts';
import { communicate } from '../../shared/communication/communicate.ts';
import { makeLink } from '../../shared/communication/links.ts';
import { acknowledgementId, type QuestionKind } from '../../shared/communication/question-record.ts';
import { createQuestion } from '../../shared/communication/questions.ts';
import { readTasks } from '../../shared/communication/task-record.ts';
import { renderReadiness } from '../../shared/report/html/readiness.ts';
import { renderHtml } from '../../shared/report/html.ts';
import { buildReport } from '../../shared/report/model.ts';
import { readinessOf } from '../../shared/report/readiness.ts';
import { makePlan, makeWorld, minute, restoreStep, stepEntry, type World } from '../communication/fixture.ts';
import { abortedRun } from '../report/fixtures/others.ts';
import { recoveredRun } from '../report/fixtures/recovered.ts';
import { mockClient } from '../support/mock-client.ts';

/** Every kind of page that Lifeboat shows to people, as it is served. `form`: whether it asks for something. */
export type Page = { name: string; html: string; statusCode: number; form: boolean };

const key = 'a secret of enough characters';
const scheduler = mockClient(SchedulerClient);

export async function allPages(): Promise<Page[]> {
  return [...(await decisionPages()), ...(await reportPages())];
}

/** What is behind the links, in every state that a person may find it in. */
export async function decisionPages(): Promise<Page[]> {
  const world = await pagesWorld();
  const approval = await ask(world, 'approval', 'Activate the recovery site?', 2);
  const failed = await ask(world, 'failed-step', '"Restore the database" failed: retry, skip or abort?');
  const task = await ask(world, 'task', 'Post on the status account of the company');
  const ben = (id: string) => tokenFor(world, id, 'ben');
  const acknowledge = acknowledgementId(world.run.incidentId);
  const followUp = (await readTasks(world.runtime.store, world.run.incidentId))[0]?.id ?? '';
  return [
    await page(world, 'approval', 'GET', ben(approval)),
    await page(world, 'approval without its reason', 'POST', ben(approval), { value: 'approve' }),
    await page(world, 'failed step', 'GET', ben(failed)),
    await page(world, 'task', 'GET', ben(task)),
    await page(world, 'acknowledgement', 'GET', ben(acknowledge)),
    await page(world, 'follow-up', 'GET', ben(followUp)),
    await page(world, 'answer taken', 'POST', ben(approval), { value: 'approve', reason: 'It is lost.' }),
    await page(world, 'answered already', 'GET', ben(approval)),
    await page(world, 'acknowledged', 'POST', ben(acknowledge), { value: 'acknowledge' }),
    await page(world, 'somebody else’s', 'GET', tokenFor(world, approval, 'ada')),
    await page(world, 'no link', 'GET', 'x'),
  ];
}

async function pagesWorld(): Promise<World> {
  scheduler.reset();
  scheduler.on(CreateScheduleCommand).resolves({ ScheduleArn: 'arn' });
  const followUps = {
    notice: {
      title: 'Notify the authority',
      text: 'Say what was lost.\nSay whose data it was.',
      owner: 'ben',
      from: 'outage',
      due: '72h',
      evidence: 'its receipt',
      obligation: 'GDPR Art. 33',
    },
  };
  const world = await makeWorld({ plan: makePlan(raw => Object.assign(raw, { followUps })) });
  world.runtime.settings.schedules = { group: 'g', functionArn: 'arn:f', roleArn: 'arn:r' };
  world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
  world.sfn.on(SendTaskSuccessCommand).resolves({});
  await world.append(stepEntry('restore', 'activate', 'done', 'The newest restore point is 6 minutes old.'));
  await communicate(world.runtime, world.run);
  return world;
}

async function ask(world: World, kind: QuestionKind, title: string, quorum = 1): Promise<string> {
  const { id } = await createQuestion(world.runtime, {
    run: world.run,
    step: { ...restoreStep, id: `ask-${kind}` },
    attempt: 1,
    kind,
    token: `token-${kind}`,
    draft: {
      title,
      shows: ['Data that would be lost: 6 min of orders.', 'The old database could not be reached.'],
      askedOf: ['approver'],
      quorum,
      answerWithinSeconds: 1800,
    },
  });
  return id;
}

function tokenFor({ run }: World, question: string, person: string): string {
  const claims = { question, person, expiresAt: new Date(minute(30)) };
  return new URL(makeLink('https://x/', claims, run.incidentId, key)).searchParams.get('t') ?? '';
}

async function page(
  world: World,
  name: string,
  method: string,
  token: string,
  form?: Record<string, string>,
): Promise<Page> {
  const body = form && new URLSearchParams({ t: token, ...form }).toString();
  const event = {
    rawQueryString: `t=${token}`,
    requestContext: { http: { method } },
    ...(body && { body }),
  };
  const answer = await createDecideHandler(async () => world.runtime)(event, {} as never);
  const { statusCode, body: html } = answer as { statusCode: number; body: string };
  return { name, html, statusCode, form: html.includes('<form') };
}

async function reportPages(): Promise<Page[]> {
  const plan = makePlan(raw => Object.assign(raw.system as object, { nextReview: '2026-01-01' }));
  const measured = (startedAt: string, rtoSeconds: number) => ({
    scenario: 'region-failure',
    mode: 'drill' as const,
    outcome: 'recovered' as const,
    faults: [],
    run: startedAt,
    startedAt,
    rtoSeconds,
    rpoSeconds: 360,
    tiers: {},
  });
  const now = '2026-03-10T12:00:00.000Z';
  const task = {
    title: 'Hold the post-mortem',
    owners: ['Ben Ruiz'],
    dueAt: '2026-03-01T00:00:00.000Z',
    incident: 'i',
  };
  const readiness = readinessOf({
    plan,
    now,
    rehearsed: [],
    live: {
      runs: [measured('2026-02-01T10:00:00.000Z', 9000), measured('2026-03-01T10:00:00.000Z', 15_000)],
      restores: [],
      openTasks: [task],
    },
  });
  const row = { backup: 'db', title: 'Database', type: 'rds-snapshots', why: [], lossSeconds: 300 };
  const coverage = coverageHtml(plan, {
    system: 'shop',
    at: now,
    rows: [
      { ...row, state: 'gap', why: ['It was never checked', 'The last check is 3 d old'] },
      { ...row, state: 'unproven', checkedAt: now, why: ['No restore has proven it yet'] },
      { ...row, state: 'covered', checkedAt: now, provenAt: now, rpoSeconds: 300, rtoSeconds: 900 },
    ],
    evidence: { entries: 3, head: 'a'.repeat(64), intact: true },
  });
  const plain = (name: string, html: string): Page => ({ name, html, statusCode: 200, form: false });
  return [
    plain('readiness', renderReadiness(readiness)),
    plain('coverage', coverage),
    plain('report of a recovery', renderHtml(buildReport(await recoveredRun()))),
    plain('report of a run that was stopped', renderHtml(buildReport(await abortedRun()))),
  ];
}
