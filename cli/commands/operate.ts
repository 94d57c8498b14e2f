import { isNamed } from '../../shared/aws/aws-errors.ts';
import { LifeboatError } from '../../shared/errors.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { modes } from '../../shared/runbook/contract.ts';
import type { Arguments } from '../commands.ts';
import { deployedRuntime } from '../deployed.ts';
import type { Io } from '../io.ts';
import { readParameters } from '../parameters.ts';
import { suggest } from '../suggest.ts';
import { textOf } from './operation-work.ts';
import { type Operation, operations } from './operations.ts';
import { printFindings } from './validate.ts';

/** `lifeboat start`, `status`, `ack`, `approve` and the others: operates a deployed system. Exit 0, 1 or 2. */
export async function operate(name: string, args: Arguments, io: Io): Promise<number> {
  const operation = operations[name];
  const [path] = args.positionals;
  if (path === undefined || !operation) {
    io.err('Which system? Give its plan: plans/<system>/plan.yml\n');
    return 2;
  }
  const plan = await readPlan(path, io);
  if (!plan) return 2;
  const problem = problemWith(name, operation, args, plan);
  if (problem) {
    io.err(`${problem}\n`);
    return 2;
  }
  try {
    return await operation.run({ runtime: await deployedRuntime(plan), args, io, planPath: path });
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    io.err(explain(error, plan, path));
    return 1;
  }
}

async function readPlan(path: string, io: Io): Promise<Plan | undefined> {
  const { plan, findings } = await checkPlan(path);
  const errors = findings.filter(finding => finding.severity === 'error');
  if (plan && errors.length === 0) return plan;
  printFindings(errors, io);
  return undefined;
}

/** What is wrong with how a command was called, before anything is asked of AWS. */
function problemWith(name: string, operation: Operation, args: Arguments, plan: Plan): string | undefined {
  const { values, positionals } = args;
  const wantsSwitch = name === 'switch' && positionals[1] !== undefined;
  if ((operation.needsPerson || wantsSwitch) && !textOf(values.by)) {
    return `lifeboat ${name} needs --by NAME: who you are goes into the record.`;
  }
  if (operation.needsQuestion && positionals[1] === undefined) {
    return 'Which question? `lifeboat status PLAN` lists what waits for an answer, with the command to answer it.';
  }
  if (operation.needsReason && !textOf(values.reason)?.trim()) {
    return `lifeboat ${name} needs --reason "WHY", in a few words: it goes into the record with your name.`;
  }
  if (wantsSwitch && positionals[1] !== 'on' && positionals[1] !== 'off') {
    return `The automatic start is switched on or off, not "${positionals[1]}".`;
  }
  if (positionals.length > (operation.needsQuestion || name === 'switch' ? 2 : 1)) {
    return `lifeboat ${name} does not know what to do with "${positionals.at(-1)}".`;
  }
  return name === 'start' ? problemWithStart(values, plan) : undefined;
}

function problemWithStart(values: Arguments['values'], plan: Plan): string | undefined {
  const id = textOf(values.scenario) ?? '';
  const known = Object.keys(plan.scenarios);
  const scenario = Object.hasOwn(plan.scenarios, id) ? plan.scenarios[id] : undefined;
  if (!scenario) {
    return `${id ? `The plan has no scenario "${id}".` : 'Which scenario? Give --scenario.'} ${suggest(id, known)}`;
  }
  const mode = textOf(values.mode);
  if (mode !== undefined && !scenario.modes.some(each => each === mode)) {
    return `The scenario "${id}" has no mode "${mode}". ${suggest(mode, scenario.modes)} (All modes: ${modes.join(', ')}.)`;
  }
  const read = readParameters(Array.isArray(values.set) ? values.set : []);
  if ('problem' in read) return read.problem;
  const names = Object.keys(scenario.parameters);
  const unknown = Object.keys(read.parameters).find(each => !names.includes(each));
  return unknown === undefined
    ? undefined
    : `The scenario "${id}" has no parameter "${unknown}". ${suggest(unknown, names)}`;
}

/** What failed and what to do; a system that is not there is the one thing that AWS words badly. */
function explain(error: LifeboatError, plan: Plan, path: string): string {
  if (isNamed(error, 'ResourceNotFoundException', 'StateMachineDoesNotExist')) {
    return (
      `${plan.system.title} is not deployed in ${plan.regions.recovery}, or not in this account.\n` +
      'Look which account the shell uses (aws sts get-caller-identity), or deploy it:\n' +
      `  npx serverless deploy --param="plan=${path}"\n(${error.message})\n`
    );
  }
  if (isNamed(error, 'CredentialsProviderError', 'TokenProviderError')) {
    return (
      'This shell has no AWS credentials, so nothing could be asked or done.\n' +
      `Sign in (aws sso login, or set AWS_PROFILE) with the account of ${plan.system.title} and call it again.\n`
    );
  }
  return `${error.message}\n${error.nextStep}\n`;
}
