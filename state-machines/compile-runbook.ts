import { InvalidInputError } from '../shared/errors.ts';
import type { Plan, Scenario } from '../shared/plan/schema.ts';
import { stepsOf } from '../shared/runbook/phases.ts';
import type { Branch, Definition, State } from './asl.ts';
import { type Actions, familyOf, functionArnName } from './bake-step.ts';
import { beginFirst, compilePhase, inSequence } from './compile-phase.ts';
import {
  callTimeoutSeconds,
  longestSeconds,
  passingErrors,
  retryOn,
  startErrors,
  wakeTimeoutSeconds,
} from './policies.ts';
import { createStateNames, nameScenario, type StateNames } from './state-names.ts';

/** The states around the phases. Their names are taken first, so that a step with such a title gets a number. */
const frame = {
  begin: 'Begin',
  open: 'Open the run',
  unopened: 'It could not be opened',
  opened: 'Opened?',
  tell: 'Tell everybody',
  drill: 'Was it a drill?',
  tearDown: 'Tear down the drill',
  close: 'Close the run',
  report: 'Write the report',
  outcome: 'Recovered?',
  recovered: 'Recovered',
  notRecovered: 'Not recovered',
  attached: 'Attached to the open incident',
  notOpened: 'Not opened',
  notClosed: 'Not closed',
} as const;

/** Time for opening, closing and tear-down beside the phases. */
const frameSeconds = 3600;
const tearDownSeconds = 259_200;

/**
 * Compiles one scenario of a plan into the definition of its state machine. The same plan gives the same definition.
 *
 * Started with `{}` it opens the run, has everybody told, goes through the phases, and closes the run, whatever
 * happens in between. The state is `{opened, run, failure}`: what steps find out lives in the record store.
 * ARNs are left open as `${StepMachineArn}` and the like. `actions` holds every kind that the scenario uses.
 * Throws InvalidInputError for a scenario, a kind or a component that does not exist, and for a step id used twice.
 */
export function compileRunbook(plan: Plan, scenarioId: string, actions: Actions): Definition {
  const scenario = scenarioOf(plan, scenarioId);
  const names = createStateNames();
  for (const name of Object.values(frame)) names.take(name);
  const drills = scenario.modes.includes('drill');
  const afterPhases = drills ? frame.drill : frame.close;
  const work = { plan, actions, names: nameScenario(scenario, names), onFailure: afterPhases };
  const [first] = scenario.phases;
  const sequence = inSequence(scenario.phases, afterPhases, (phase, next) =>
    compilePhase(work, phase, scenario.phases[scenario.phases.indexOf(phase) + 1], next),
  );
  const phases = first ? beginFirst(work, first, sequence) : sequence;
  return {
    Comment: `${plan.system.title}: ${scenario.title}`,
    TimeoutSeconds: Math.min(longestSeconds, phases.seconds + (drills ? tearDownSeconds : 0) + frameSeconds),
    StartAt: frame.begin,
    States: {
      ...opening(plan, scenarioId, phases.first, waking(scenario, names)),
      ...phases.states,
      ...(drills ? tearingDown() : {}),
      ...ending(plan),
    },
  };
}

function scenarioOf(plan: Plan, scenarioId: string): Scenario {
  const scenario = Object.hasOwn(plan.scenarios, scenarioId) ? plan.scenarios[scenarioId] : undefined;
  if (!scenario) {
    throw new InvalidInputError(`The plan has no scenario "${scenarioId}"`, {
      nextStep: `It has: ${Object.keys(plan.scenarios).join(', ')}.`,
    });
  }
  const seen = new Set<string>();
  for (const step of scenario.phases.flatMap(phase => stepsOf(phase.steps))) {
    if (seen.has(step.id)) {
      throw new InvalidInputError(`The scenario "${scenarioId}" has two steps with the id "${step.id}"`, {
        nextStep: 'Rename one of them: outputs and executions are found by the id of the step.',
      });
    }
    seen.add(step.id);
  }
  return scenario;
}

/** Opens the run, or says that it could not: an error would stop the branches beside it. */
function openingBranch(plan: Plan, scenarioId: string): Branch {
  return {
    StartAt: frame.open,
    States: {
      [frame.open]: {
        Type: 'Task',
        Comment: 'Opens the incident and takes the lock of the system, or finds the run that is under way',
        Resource: 'arn:aws:states:::lambda:invoke',
        Parameters: {
          FunctionName: '${RunFunctionArn}',
          Payload: {
            operation: 'open',
            system: plan.system.id,
            scenario: scenarioId,
            'executionArn.$': '$$.Execution.Id',
            'executionName.$': '$$.Execution.Name',
            'executionStartedAt.$': '$$.Execution.StartTime',
            'input.$': '$',
          },
        },
        TimeoutSeconds: callTimeoutSeconds,
        ResultSelector: { 'opened.$': '$.Payload.opened', 'run.$': '$.Payload.run', failure: null },
        Retry: retryOn(passingErrors),
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: frame.unopened }],
        End: true,
      },
      [frame.unopened]: {
        Type: 'Pass',
        Comment: 'Kept for the console; the runbook ends with it',
        Parameters: { opened: 'no', run: null, 'failure.$': '$.failure' },
        End: true,
      },
    },
  };
}

/**
 * A branch for each function that steps of the scenario call: it is started before its first step needs it, which saves
 * that step the half second of a cold start. The call changes nothing, and nothing waits for its answer.
 */
function waking(scenario: Scenario, names: StateNames): Branch[] {
  const kinds = scenario.phases.flatMap(phase => stepsOf(phase.steps).map(step => step.do));
  return [...new Set(kinds.map(familyOf))].sort().map(family => {
    const wake = names.take(`Wake ${family}`);
    const asleep = names.take(`No ${family} yet`);
    return {
      StartAt: wake,
      States: {
        [wake]: {
          Type: 'Task',
          Comment: `Has Lambda start the function of ${family} steps beside the opening of the run`,
          Resource: 'arn:aws:states:::lambda:invoke',
          Parameters: {
            FunctionName: `\${${functionArnName(family)}}`,
            InvocationType: 'Event',
            Payload: { operation: 'wake' },
          },
          TimeoutSeconds: wakeTimeoutSeconds,
          ResultPath: null,
          Retry: retryOn(passingErrors, 1),
          Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: asleep }],
          End: true,
        },
        [asleep]: {
          Type: 'Pass',
          Comment: 'Its first step starts it, and takes half a second longer',
          End: true,
        },
      },
    };
  });
}

function opening(
  plan: Plan,
  scenarioId: string,
  firstPhase: string,
  waking: Branch[],
): Record<string, State> {
  return {
    [frame.begin]: {
      Type: 'Parallel',
      Comment: 'Opens the run, and starts the functions that it needs meanwhile',
      Branches: [openingBranch(plan, scenarioId), ...waking],
      // What the first branch says of the run; the others have nothing to say.
      OutputPath: '$[0]',
      Next: frame.opened,
    },
    [frame.opened]: {
      Type: 'Choice',
      Comment: 'One run at a time: a second start attaches to the incident that is open and changes nothing',
      Choices: [
        { Variable: '$.opened', StringEquals: 'opened', Next: frame.tell },
        { Variable: '$.opened', StringEquals: 'attached', Next: frame.attached },
      ],
      Default: frame.notOpened,
    },
    [frame.attached]: {
      Type: 'Succeed',
      Comment: 'Another run of this system is under way; this start is noted in its incident',
    },
    [frame.notOpened]: {
      Type: 'Fail',
      Comment: 'Nothing was changed. The input of the execution or the record table is the place to look',
      Error: 'RefusedError',
      Cause:
        'The run could not be opened, and nothing was changed. The error of "Open the run" says why and how to mend it.',
    },
    [frame.tell]: {
      Type: 'Task',
      Comment: 'Starts the communication beside the recovery. If it fails, the recovery goes on all the same',
      Resource: 'arn:aws:states:::states:startExecution',
      Parameters: {
        StateMachineArn: '${CommunicateMachineArn}',
        'Name.$': "States.Format('{}-communicate', $.run.id)",
        Input: {
          'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$': '$$.Execution.Id',
          'run.$': '$.run',
          ticks: 0,
          rounds: 0,
        },
      },
      TimeoutSeconds: callTimeoutSeconds,
      ResultPath: null,
      Retry: retryOn(startErrors),
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: firstPhase }],
      Next: firstPhase,
    },
  };
}

/** Only in scenarios that can be drilled. */
function tearingDown(): Record<string, State> {
  return {
    [frame.drill]: {
      Type: 'Choice',
      Comment:
        'Every path comes by here, after success and after any failure. What a drill made is taken back',
      Choices: [{ Variable: '$.run.mode', StringEquals: 'drill', Next: frame.tearDown }],
      Default: frame.close,
    },
    [frame.tearDown]: {
      Type: 'Task',
      Comment: 'Undoes every step of the drill, the last one first',
      Resource: 'arn:aws:states:::states:startExecution.sync',
      Parameters: {
        StateMachineArn: '${TeardownMachineArn}',
        'Name.$': "States.Format('{}-teardown', $.run.id)",
        Input: {
          'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$': '$$.Execution.Id',
          'run.$': '$.run',
          undone: 0,
        },
      },
      TimeoutSeconds: tearDownSeconds,
      ResultPath: null,
      Retry: retryOn(startErrors),
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: frame.close }],
      Next: frame.close,
    },
  };
}

function ending(plan: Plan): Record<string, State> {
  return {
    [frame.close]: {
      Type: 'Task',
      Comment: 'Says what became of the run and gives the lock back',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: {
        FunctionName: '${RunFunctionArn}',
        Payload: { operation: 'close', 'run.$': '$.run', 'failure.$': '$.failure' },
      },
      TimeoutSeconds: callTimeoutSeconds,
      ResultSelector: { 'outcome.$': '$.Payload.outcome' },
      ResultPath: '$.closed',
      Retry: retryOn(passingErrors),
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: frame.notClosed }],
      Next: frame.report,
    },
    [frame.report]: {
      Type: 'Task',
      Comment: 'Writes the report from the ledger. If it fails, the ledger has everything still',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: '${ReportFunctionArn}', Payload: { 'run.$': '$.run' } },
      TimeoutSeconds: callTimeoutSeconds,
      ResultPath: null,
      Retry: retryOn(passingErrors),
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: frame.outcome }],
      Next: frame.outcome,
    },
    [frame.outcome]: {
      Type: 'Choice',
      Comment: 'What the run came to',
      Choices: [{ Variable: '$.closed.outcome', StringEquals: 'recovered', Next: frame.recovered }],
      Default: frame.notRecovered,
    },
    [frame.recovered]: {
      Type: 'Succeed',
      Comment: `Every phase ended well; ${plan.system.title} is recovered`,
    },
    [frame.notRecovered]: {
      Type: 'Fail',
      Comment: 'The run ended before the recovery was complete. The incident stays open for people',
      Error: 'PhaseFailedError',
      Cause:
        'The run was refused, aborted or failed. Its report says at which step, why, and what to do next.',
    },
    [frame.notClosed]: {
      Type: 'Fail',
      Comment: 'The phases are over, but the run could not be closed. Its lock expires by itself',
      Error: 'ServiceUnavailableError',
      Cause:
        'The run could not be closed. Look at the run function and the record table, then use lifeboat resolve.',
    },
  };
}
