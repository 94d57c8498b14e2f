import { lambdaFunctionName, linkSecretName, tableName, topicName, topicsOf } from '../shared/deployment.ts';
import { InvalidInputError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';

/** Longest name of a Lambda function. Source: Lambda API reference, CreateFunction. */
const longestFunctionName = 64;

/**
 * Names of what a deployment makes. They are fixed by the plan, so that functions and state machines can name each
 * other without CloudFormation seeing a circle, and so that a role can be written before the resource exists.
 */
export function functionName(system: string, name: string): string {
  const full = lambdaFunctionName(system, name);
  if (full.length <= longestFunctionName) return full;
  throw new InvalidInputError(
    `The function "${full}" would have a name of more than ${longestFunctionName} characters`,
    { nextStep: 'Shorten the id of the system in the plan.' },
  );
}
export const busName = (system: string) => `lifeboat-${system}`;
export const heartbeatRuleName = (system: string) => `lifeboat-${system}-heartbeat`;
/** Topic that alarms of other teams may publish to: the SNS form of a signal. */
export const signalTopicName = (system: string) => `lifeboat-${system}-signals`;

/** ARN in the deployment's own region and account, for `Fn::Sub`. */
export const arn = (service: string, rest: string) =>
  `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}`;
export const functionArn = (system: string, name: string) =>
  arn('lambda', `function:${functionName(system, name)}`);
export const stateMachineArn = (name: string) => arn('states', `stateMachine:${name}`);
export const tableArn = (system: string) => arn('dynamodb', `table/${tableName(system)}`);
export const topicArn = (system: string, topic: string) => arn('sns', topicName(system, topic));

/** CloudFormation logical id from words: letters and digits only. */
export function logicalId(...words: string[]): string {
  return words
    .flatMap(word => word.split(/[^A-Za-z0-9]+/))
    .filter(word => word.length > 0)
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** `Fn::Sub` where a text has pseudo parameters, the text itself where it has none. */
export function sub(text: string): string | { 'Fn::Sub': string } {
  return text.includes('${') ? { 'Fn::Sub': text } : text;
}

/** The same for every text in a structure. */
export function subDeep(value: Json): Json {
  if (typeof value === 'string') return sub(value);
  if (Array.isArray(value)) return value.map(subDeep);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, subDeep(item)]));
}

/** Queue of the events that a function could not take, after all its attempts. */
export const failedEventsName = (system: string) => `lifeboat-${system}-failed-events`;
export const failedEventsArn = (system: string) => arn('sqs', failedEventsName(system));

export { linkSecretName, tableName, topicName, topicsOf };
