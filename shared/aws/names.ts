import { createHash } from 'node:crypto';
import type { Run } from '../runbook/contract.ts';

/** Tag keys on everything that a run makes. Nothing without the run tag is ever deleted. */
export const runTag = 'lifeboat:run';
export const systemTag = 'lifeboat:system';
export const expiresTag = 'lifeboat:expires-at';

/** What a run makes may live this long before the sweeper takes it for left over, unless it is in service. */
const timeToLiveSeconds = 7 * 86_400;

/** Short, stable hash of a text, for names: lower-case hexadecimal. */
export function shortHash(text: string, length = 6): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** Run id from the execution that it is: the same execution opens the same run, however often it asks. */
export function runIdOf(executionArn: string, startedAt: string): string {
  return `${startedAt.slice(0, 10).replaceAll('-', '')}-${shortHash(executionArn)}`;
}

/**
 * Name of something that a run makes: `<base>-<run id>`, such as `liquid-abt-dr-20260310-3f9c1a`. The base is cut
 * so that the whole fits into `maxLength` characters; it never ends in a hyphen or has two in a row (RDS refuses both).
 */
export function resourceName(base: string, run: Run, maxLength: number): string {
  const suffix = `-${run.id}`;
  const head = base.slice(0, Math.max(1, maxLength - suffix.length)).replace(/-+$/, '');
  return `${head}${suffix}`.replaceAll(/--+/g, '-');
}

/** Tags for everything that a run makes. */
export function runTags(run: Run): { Key: string; Value: string }[] {
  const expires = new Date(Date.parse(run.startedAt) + timeToLiveSeconds * 1000).toISOString();
  return [
    { Key: runTag, Value: run.id },
    { Key: systemTag, Value: run.system },
    { Key: expiresTag, Value: expires },
  ];
}

/** Name of the CloudWatch alarm that the deployment makes for a signal: `lifeboat-<system>-<signal>`. */
export function buildAlarmName(systemId: string, signalId: string): string {
  return `lifeboat-${systemId}-${signalId}`;
}

/** The signal's id in an alarm name of this system; undefined for any other alarm. */
export function parseAlarmName(alarmName: string, systemId: string): string | undefined {
  const start = buildAlarmName(systemId, '');
  return alarmName.startsWith(start) && alarmName.length > start.length
    ? alarmName.slice(start.length)
    : undefined;
}

/** Name of the execution that a person's request starts for an incident; the same for a repeat of the request. */
export function buildExecutionName(incidentId: string, eventId: string): string {
  return `${incidentId}-${shortHash(eventId, 8)}`;
}

/** ARN that an execution of a state machine has, or will have. */
export function buildExecutionArn(stateMachineArn: string, executionName: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${executionName}`;
}
