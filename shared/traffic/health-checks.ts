import {
  GetHealthCheckCommand,
  GetHealthCheckStatusCommand,
  type HealthCheck,
  Route53Client,
} from '@aws-sdk/client-route-53';
import type { Permission } from '../actions/contract.ts';
import { ifFound, request } from '../aws/aws-errors.ts';
import type { AwsClients } from '../aws/clients.ts';
import { route53Region } from './route53.ts';

/** Reports older than this say nothing about now: checkers look every 10 or 30 s (Route 53 Developer Guide). */
const freshMs = 120_000;

/** How many checkers looked lately, and how many of them found the endpoint well. */
export type Poll = { healthy: number; asked: number; failures: string[] };

/** The health check as Route 53 has it, or undefined if there is none. */
export async function readHealthCheck(aws: AwsClients, id: string): Promise<HealthCheck | undefined> {
  return ifFound(['NoSuchHealthCheck'], async () => {
    const reply = await request({ call: 'route53.GetHealthCheck', region: route53Region }, () =>
      aws.client(Route53Client, route53Region).send(new GetHealthCheckCommand({ HealthCheckId: id })),
    );
    return reply.HealthCheck;
  });
}

/** What the checkers say that have looked since `sinceMs` and not too long ago. */
export async function pollCheckers(aws: AwsClients, id: string, nowMs: number, sinceMs = 0): Promise<Poll> {
  const reply = await request({ call: 'route53.GetHealthCheckStatus', region: route53Region }, () =>
    aws.client(Route53Client, route53Region).send(new GetHealthCheckStatusCommand({ HealthCheckId: id })),
  );
  const reports = (reply.HealthCheckObservations ?? [])
    .map(observation => observation.StatusReport)
    .filter(report => {
      const atMs = report?.CheckedTime?.getTime() ?? 0;
      return atMs >= sinceMs && nowMs - atMs <= freshMs;
    });
  const well = reports.filter(report => report?.Status?.startsWith('Success'));
  const failures = reports.flatMap(report => (well.includes(report) ? [] : (report?.Status ?? 'no status')));
  return { healthy: well.length, asked: reports.length, failures: [...new Set(failures)] };
}

/** `14 of 16 checkers are content`. */
export function describePoll({ healthy, asked, failures }: Poll): string {
  const why = failures[0] ? `; others say: ${failures[0].slice(0, 150)}` : '';
  return `${healthy} of ${asked} checkers find it well${why}`;
}

export function healthCheckPermission(id: string, ...operations: string[]): Permission {
  return {
    actions: operations.map(operation => `route53:${operation}`),
    resources: [`arn:\${AWS::Partition}:route53:::healthcheck/${id}`],
  };
}
