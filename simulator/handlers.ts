import { createAskHandler } from '../handlers/ask.ts';
import { createCommunicateHandler } from '../handlers/communicate.ts';
import { createDecideHandler } from '../handlers/decide.ts';
import { createExecutionEndedHandler } from '../handlers/execution-ended.ts';
import { createProbeHandler } from '../handlers/probe.ts';
import { createReportHandler } from '../handlers/report.ts';
import { createRunHandler } from '../handlers/run.ts';
import { createStepHandler } from '../handlers/step-handler.ts';
import { createTriageHandler } from '../handlers/triage.ts';
import type { Action } from '../shared/actions/contract.ts';
import type { OpenScratch } from '../shared/backups/verify/file.ts';
import type { fixedFunctions } from '../shared/deployment.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { Handler } from './world/functions.ts';
import type { World } from './world/world.ts';

/**
 * The handlers of a deployment, the same code that Lambda runs, on the simulated runtime. `real` keeps virtual time from
 * running on while a module is loaded.
 */
export function createHandlers(
  runtime: Runtime,
  families: readonly string[],
  actions: Readonly<Record<string, Action>>,
  openScratch?: OpenScratch,
  real: World['real'] = work => work,
): Record<string, Handler> {
  const provider = () => Promise.resolve(runtime);
  const fixed: Record<(typeof fixedFunctions)[number], Handler> = {
    triage: callable(createTriageHandler(provider)),
    probe: callable(createProbeHandler(provider)),
    run: callable(createRunHandler(provider)),
    'execution-ended': callable(createExecutionEndedHandler(provider)),
    ask: callable(createAskHandler(provider)),
    decide: callable(createDecideHandler(provider)),
    communicate: callable(createCommunicateHandler(provider)),
    report: callable(createReportHandler(provider)),
    // They know every service that keeps backups; most rehearsals need none of them.
    backups: late(real, async () => (await import('../handlers/backups.ts')).createBackupsHandler(provider)),
    verify: late(real, async () =>
      (await import('../handlers/verify.ts')).createVerifyHandler(provider, openScratch),
    ),
  };
  const handlers: Record<string, Handler> = fixed;
  for (const family of families) {
    // The modules are loaded already; a rehearsal must not wait for the file system in virtual time.
    handlers[family] = callable(createStepHandler(name => actionOf(actions, `${family}.${name}`), provider));
  }
  return handlers;
}

async function actionOf(
  actions: Readonly<Record<string, Action>>,
  kind: string,
): Promise<{ action: Action }> {
  const action = actions[kind];
  if (!action) throw new Error(`The plan does not use ${kind}`);
  return { action };
}

/** Middy asks for Lambda's context; handlers use nothing of it but the name. */
function callable(handler: (event: never, context: never) => unknown): Handler {
  // Without getRemainingTimeInMillis Middy sets no timer of its own; those would be real ones.
  const context = { functionName: 'rehearsal' };
  return async event => handler(event as never, context as never);
}

/** A handler whose module is loaded when it is first called. */
function late(real: World['real'], load: () => Promise<(event: never, context: never) => unknown>): Handler {
  let loaded: Promise<Handler> | undefined;
  return async event => {
    loaded ??= real(load()).then(callable);
    return (await loaded)(event);
  };
}
