import { answerQuestion } from '../../shared/communication/answers.ts';
import { LifeboatError } from '../../shared/errors.ts';
import { acknowledgeIncident, openIncidentOf, resolveIncident } from '../../shared/incident/incident.ts';
import { readAutomation } from '../../shared/incident/switch.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { modeSchema } from '../../shared/runbook/contract.ts';
import { updateRun } from '../../shared/runbook/run-record.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { handleSignal } from '../../shared/triage/handle.ts';
import { buildAutomationEvent, buildStartEvent } from '../../shared/triage/own-events.ts';
import { pageFirstLevel } from '../../shared/triage/page.ts';
import type { Arguments } from '../commands.ts';
import { deployedRuntime } from '../deployed.ts';
import type { Io } from '../io.ts';
import { statusText } from '../status-text.ts';
import { printFindings } from './validate.ts';

/** One operation: what it needs besides the plan, and what it does. Returns the exit code. */
type Operation = (work: { runtime: Runtime; args: Arguments; io: Io }) => Promise<number>;

const answers: Record<string, string> = { approve: 'approve', deny: 'deny', retry: 'retry', skip: 'skip' };

/** `lifeboat start`, `status`, `ack`, `approve` and the others: operates a deployed system. */
export async function operate(name: string, args: Arguments, io: Io): Promise<number> {
  const operation = operations[name];
  const plan = await readPlan(args.positionals[0], io);
  if (!plan || !operation) return 2;
  if (name !== 'status' && name !== 'switch' && typeof args.values.by !== 'string') {
    io.err(`lifeboat ${name} needs --by NAME: who you are goes into the record.\n`);
    return 2;
  }
  try {
    return await operation({ runtime: await deployedRuntime(plan), args, io });
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    io.err(`${error.message}\n${error.nextStep}\n`);
    return 1;
  }
}

async function readPlan(path: string | undefined, io: Io): Promise<Plan | undefined> {
  if (path === undefined) {
    io.err('Which system? Give its plan: plans/<system>/plan.yml\n');
    return undefined;
  }
  const { plan, findings } = await checkPlan(path);
  const errors = findings.filter(finding => finding.severity === 'error');
  if (plan && errors.length === 0) return plan;
  printFindings(errors, io);
  return undefined;
}

const operations: Record<string, Operation> = {
  async start({ runtime, args, io }) {
    const { system } = runtime.plan;
    const mode = args.values.mode === undefined ? undefined : modeSchema.parse(args.values.mode);
    const request = {
      system: system.id,
      scenario: String(args.values.scenario ?? ''),
      by: String(args.values.by),
      reason: String(args.values.reason ?? 'started from the command line'),
      ...(mode && { mode }),
      parameters: parametersOf(args),
    };
    const reply = await handleSignal(
      runtime,
      buildStartEvent(request, origin(runtime)),
      pageFirstLevel(runtime),
    );
    io.out(`${reply.decision}: ${reply.reasons.join(' ')}\n`);
    if (reply.executionArn) io.out(`execution ${reply.executionArn}\n`);
    return reply.decision === 'open' || reply.decision === 'attach' ? 0 : 1;
  },
  async status({ runtime, args, io }) {
    const text = await statusText(runtime, {
      incident: textOf(args.values.incident),
      json: args.values.json === true,
    });
    io.out(text);
    return 0;
  },
  async ack({ runtime, args, io }) {
    const incident = await openIncidentOf(runtime.store, runtime.plan.system.id);
    if (!incident) return nothingOpen(io);
    const { store, clock } = runtime;
    const done = await acknowledgeIncident(store, clock, incident.id, String(args.values.by), 'cli');
    io.out(`${incident.id} is acknowledged by ${done.acknowledgedBy}; the escalation has stopped.\n`);
    return 0;
  },
  async abort({ runtime, args, io }) {
    const incident = await openIncidentOf(runtime.store, runtime.plan.system.id);
    if (!incident?.runId) return nothingOpen(io);
    await updateRun(runtime.store, incident.runId, record => ({
      ...record,
      abortedBy: record.abortedBy ?? String(args.values.by),
      abortReason: record.abortReason ?? textOf(args.values.reason),
    }));
    io.out(
      `The run ${incident.runId} begins nothing new and ends at its next look, in two minutes at the most.\n`,
    );
    return 0;
  },
  async resolve({ runtime, args, io }) {
    const incident = await openIncidentOf(runtime.store, runtime.plan.system.id);
    if (!incident) return nothingOpen(io);
    await resolveIncident(runtime.store, runtime.clock, incident.id, String(args.values.by));
    io.out(`${incident.id} is resolved.\n`);
    return 0;
  },
  async switch({ runtime, args, io }) {
    const wanted = args.positionals[1];
    if (wanted === undefined) {
      const now = await readAutomation(runtime.store, runtime.plan.system.id);
      io.out(
        `The automatic start is ${now.state} (${now.by}${now.at ? `, ${now.at}` : ''}): ${now.reason}\n`,
      );
      return 0;
    }
    if ((wanted !== 'on' && wanted !== 'off') || typeof args.values.by !== 'string') {
      io.err('lifeboat switch PLAN on|off --by NAME [--reason TEXT]\n');
      return 2;
    }
    const request = {
      system: runtime.plan.system.id,
      state: wanted as 'on' | 'off',
      by: args.values.by,
      reason: textOf(args.values.reason) ?? 'switched from the command line',
    };
    await handleSignal(runtime, buildAutomationEvent(request, origin(runtime)), pageFirstLevel(runtime));
    io.out(`The automatic start is ${wanted}.\n`);
    return 0;
  },
  ...Object.fromEntries(Object.keys(answers).map(name => [name, answering(name)])),
};

function answering(name: string): Operation {
  return async ({ runtime, args, io }) => {
    const questionId = args.positionals[1];
    if (questionId === undefined) {
      io.err('Which question? `lifeboat status PLAN` lists what waits for an answer, with its id.\n');
      return 2;
    }
    const reply = await answerQuestion(runtime, {
      questionId,
      person: String(args.values.by),
      value: answers[name] ?? name,
      reason: textOf(args.values.reason),
      via: 'cli',
    });
    if (reply.status === 'refused') {
      io.err(`Not taken: ${reply.message}\n`);
      return 1;
    }
    io.out(reply.complete ? 'Taken; the run goes on.\n' : 'Taken; more people have to agree.\n');
    return 0;
  };
}

function parametersOf(args: Arguments): Record<string, string> {
  const set = args.values.set;
  return Object.fromEntries(
    (Array.isArray(set) ? set : []).map(text => text.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
}

function origin(runtime: Runtime) {
  const time = runtime.clock.now().toISOString();
  return { id: `cli-${time}`, time: time.replace(/\.\d+Z$/, 'Z'), region: runtime.plan.regions.recovery };
}

function nothingOpen(io: Io): number {
  io.err('No incident is open.\n');
  return 1;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
