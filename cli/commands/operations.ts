import { answerQuestion } from '../../shared/communication/answers.ts';
import { completeTask } from '../../shared/communication/complete-task.ts';
import { choices } from '../../shared/communication/question-record.ts';
import { acknowledgeIncident, openIncidentOf, resolveIncident } from '../../shared/incident/incident.ts';
import { readLock } from '../../shared/incident/lock.ts';
import { readAutomation } from '../../shared/incident/switch.ts';
import { askForReport } from '../../shared/report/ask-for-report.ts';
import { abortRun } from '../../shared/runbook/abort-run.ts';
import { readRun } from '../../shared/runbook/run-record.ts';
import { handleSignal } from '../../shared/triage/handle.ts';
import { buildAutomationEvent } from '../../shared/triage/own-events.ts';
import { pageFirstLevel } from '../../shared/triage/page.ts';
import type { Io } from '../io.ts';
import { type OperationWork, origin, person, textOf } from './operation-work.ts';
import { showRefusals } from './refusals.ts';
import { start } from './start.ts';
import { showStatus } from './status.ts';

/** One operation on a deployed system. `run` returns the exit code. */
export type Operation = {
  needsPerson?: boolean;
  needsQuestion?: boolean;
  /** Whether it decides something that somebody will ask about afterwards. */
  needsReason?: boolean;
  run(work: OperationWork): Promise<number>;
};

export const operations: Record<string, Operation> = {
  start: { needsPerson: true, run: start },
  status: { run: showStatus },
  ack: { needsPerson: true, run: acknowledge },
  approve: answering('approve'),
  deny: answering('deny'),
  retry: answering('retry'),
  skip: answering('skip'),
  done: answering('done'),
  abort: { needsPerson: true, needsReason: true, run: abort },
  resolve: { needsPerson: true, run: resolve },
  refusals: { run: showRefusals },
  switch: { run: switchAutomation },
};

async function acknowledge({ runtime, args, io }: OperationWork): Promise<number> {
  const incident = await openIncidentOf(runtime.store, runtime.plan.system.id);
  if (!incident) return nothingOpen(io);
  const { store, clock } = runtime;
  const { acknowledgementLasts } = runtime.plan.response;
  const { acknowledgedBy } = await acknowledgeIncident(
    store,
    clock,
    incident.id,
    person(args),
    'cli',
    acknowledgementLasts,
  );
  io.out(
    acknowledgedBy === person(args)
      ? `${incident.id} is acknowledged by ${acknowledgedBy}; the escalation has stopped.\n`
      : `${incident.id} was acknowledged by ${acknowledgedBy} before; the escalation has stopped.\n`,
  );
  return 0;
}

async function abort({ runtime, args, io }: OperationWork): Promise<number> {
  const { store, plan } = runtime;
  // Who has the lock is what is under way, a drill too.
  const [lock, incident] = await Promise.all([
    readLock(store, plan.system.id),
    openIncidentOf(store, plan.system.id),
  ]);
  const runId = lock?.runId ?? incident?.runId;
  if (runId === undefined) return nothingOpen(io);
  const record = await abortRun(runtime, runId, { by: person(args), reason: textOf(args.values.reason) });
  if (record.outcome) {
    io.err(`The run ${runId} has ended already: ${record.outcome}.\n`);
    return 1;
  }
  io.out(
    `The run ${runId} begins nothing new and ends at its next look, most often within two minutes.\n` +
      'What was done so far stays; the incident stays open.\n',
  );
  return 0;
}

async function resolve({ runtime, args, io, planPath }: OperationWork): Promise<number> {
  const incident = await openIncidentOf(runtime.store, runtime.plan.system.id);
  if (!incident) return nothingOpen(io);
  const run = incident.runId === undefined ? undefined : await readRun(runtime.store, incident.runId);
  // A resolved incident is no longer communicated, so nobody would hear of what the run still does.
  if (run && !run.outcome && !run.abortedBy) {
    io.err(
      `The run ${run.run.id} is still under way, and resolves the incident itself when it has recovered.\n` +
        `To end it: npx lifeboat abort ${planPath} --by ${person(args)} --reason "WHY"\n`,
    );
    return 1;
  }
  await resolveIncident(runtime.store, runtime.clock, incident.id, person(args));
  if (run) await askForReport(runtime, run.run);
  io.out(`${incident.id} is resolved.\n`);
  return 0;
}

async function switchAutomation({ runtime, args, io }: OperationWork): Promise<number> {
  const wanted = args.positionals[1];
  if (wanted !== 'on' && wanted !== 'off') {
    const now = await readAutomation(runtime.store, runtime.plan.system.id);
    io.out(`The automatic start is ${now.state} (${now.by}${now.at ? `, ${now.at}` : ''}): ${now.reason}\n`);
    return 0;
  }
  const request = {
    system: runtime.plan.system.id,
    state: wanted as 'on' | 'off',
    by: person(args),
    reason: textOf(args.values.reason) ?? 'switched from the command line',
  };
  await handleSignal(runtime, buildAutomationEvent(request, origin(runtime)), pageFirstLevel(runtime));
  io.out(`The automatic start is ${wanted}.\n`);
  return 0;
}

function answering(value: string): Operation {
  return {
    needsPerson: true,
    needsQuestion: true,
    needsReason: Object.values(choices).some(all => all.some(choice => choice.value === value && choice.why)),
    async run(work) {
      const { runtime, args, io } = work;
      if (value === 'done' && args.positionals[1]?.startsWith('t')) return finishTask(work);
      const reply = await answerQuestion(runtime, {
        questionId: args.positionals[1] ?? '',
        person: person(args),
        value,
        reason: textOf(args.values.reason),
        via: 'cli',
      });
      if (reply.status === 'refused') {
        const { question } = reply;
        const asked =
          reply.why === 'foreign' && question ? ` It was put to ${question.askedOf.join(', ')}.` : '';
        const unknown = reply.why === 'unknown' ? ' `lifeboat status PLAN` lists what waits.' : '';
        io.err(`Not taken: ${reply.message}${asked}${unknown}\n`);
        return 1;
      }
      io.out(reply.complete ? 'Taken; the run goes on from it.\n' : 'Taken; more people have to agree.\n');
      return 0;
    },
  };
}

/** A task that goes on after its run. */
async function finishTask({ runtime, args, io }: OperationWork): Promise<number> {
  const reply = await completeTask(runtime, {
    taskId: args.positionals[1] ?? '',
    person: person(args),
    evidence: textOf(args.values.reason),
    via: 'cli',
  });
  if (reply.status === 'done') {
    io.out(`Recorded: ${reply.task.title}.\n`);
    return 0;
  }
  const hint = reply.why === 'invalid' ? ' Give it with --reason.' : '';
  io.err(`Not taken: ${reply.message}${hint}\n`);
  return 1;
}

function nothingOpen(io: Io): number {
  io.err('No incident is open.\n');
  return 1;
}
