import { clockTime } from '../../shared/report/time.ts';
import { modeSchema } from '../../shared/runbook/contract.ts';
import type { AttachedTo } from '../../shared/triage/attached-to.ts';
import { handleSignal } from '../../shared/triage/handle.ts';
import { buildStartEvent } from '../../shared/triage/own-events.ts';
import { pageFirstLevel } from '../../shared/triage/page.ts';
import { readParameters } from '../parameters.ts';

import { type OperationWork, origin, person, textOf } from './operation-work.ts';

type Request = Parameters<typeof buildStartEvent>[0];

/**
 * `lifeboat start`: starts a scenario, or says whose start this one belongs to. Exit 0 when the scenario that was asked
 * for is under way in the wanted mode, whoever started it; 1 when it is not.
 */
export async function start(work: OperationWork): Promise<number> {
  const { runtime, args, io } = work;
  const { values } = args;
  const read = readParameters(Array.isArray(values.set) ? values.set : []);
  const mode = textOf(values.mode);
  const request = {
    system: runtime.plan.system.id,
    scenario: textOf(values.scenario) ?? '',
    by: person(args),
    reason: textOf(values.reason) ?? 'started from the command line',
    ...(mode !== undefined && { mode: modeSchema.parse(mode) }),
    parameters: 'parameters' in read ? read.parameters : {},
  };
  const event = buildStartEvent(request, origin(runtime));
  const reply = await handleSignal(runtime, event, pageFirstLevel(runtime));
  if (reply.attachedTo) return sayAttached(work, request, reply.attachedTo, reply.incidentId ?? '');
  if (!reply.executionArn) {
    io.err(`Not started: ${reply.reasons.join(' ')}\n`);
    return 1;
  }
  io.out(
    `Started ${request.scenario} in the incident ${reply.incidentId}.\n  execution ${reply.executionArn}\n` +
      followIt(work),
  );
  return 0;
}

function sayAttached(work: OperationWork, request: Request, first: AttachedTo, incidentId: string): number {
  const { runtime, io, planPath } = work;
  const { scenario, mode, at, runId } = first;
  const by = first.by === 'triage' ? 'Lifeboat itself' : (first.by ?? 'Somebody');
  const begun = runId === undefined ? 'is about to begin' : `is under way as run ${runId}`;
  const who = `${by} started ${scenario} (${mode}) at ${clockTime(at)} UTC, which ${begun} in the incident ${incidentId}.`;
  const wanted = request.mode ?? runtime.plan.scenarios[request.scenario]?.modes[0];
  if (scenario !== request.scenario || mode !== wanted) {
    io.err(
      `Not started: ${who} Your start is noted there.\n` +
        `To start ${request.scenario} (${wanted}) instead: npx lifeboat abort ${planPath} --by ${request.by} --reason "WHY", and start again when that run has ended.\n`,
    );
    return 1;
  }
  const parameters = Object.keys(request.parameters ?? {}).length > 0;
  io.out(
    `Attached: ${who} Nothing new was started; your start is noted there.\n` +
      (parameters ? 'Its parameters are those of that start; yours were not taken.\n' : '') +
      followIt(work),
  );
  return 0;
}

const followIt = ({ planPath }: OperationWork) => `Follow it: npx lifeboat status ${planPath} --watch\n`;
