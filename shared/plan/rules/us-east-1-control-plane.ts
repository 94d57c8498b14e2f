import { type Advice, controlPlaneRule } from './control-plane.ts';

const preMade =
  'Make a failover pair with a gate (route53.failover) or ARC routing controls (arc.routing-control) ahead of time, and use them first.';

/** Kinds that call the control planes of Route 53 and CloudFront. */
const advices: Record<string, Advice> = {
  'route53.failover': {
    severity: 'warning',
    what: 'falls back to changing a record',
    mend: 'Rehearse the health-check path, and turn on accelerated recovery for the zone; say so under "waived".',
  },
  'route53.upsert': { severity: 'error', what: 'changes a record', mend: preMade },
  'route53.shift-weight': { severity: 'error', what: 'changes weights', mend: preMade },
  'route53.move-health-check': {
    severity: 'warning',
    what: 'changes a health check',
    mend: 'Make a second health check for the recovery side ahead of time.',
  },
  'route53.health-check': {
    severity: 'warning',
    what: 'reads the status of a health check',
    mend: 'Ask the endpoint itself with http.check.',
  },
  'cloudfront.switch-origin': {
    severity: 'error',
    what: 'changes a distribution',
    mend: 'Make an origin group of both origins ahead of time: CloudFront then takes the other one by itself, for GET and HEAD.',
  },
  'cloudfront.invalidate': {
    severity: 'warning',
    what: 'invalidates what CloudFront keeps',
    mend: 'Give what must not be old a short TTL, or a new name with each change.',
  },
};

export const usEast1ControlPlane = controlPlaneRule(
  'us-east-1-control-plane',
  'us-east-1',
  'The control planes of Route 53 and CloudFront run in us-east-1 only, whatever region the system is in; while us-east-1 is lost, records and distributions can not be changed.',
  advices,
  { services: ['route53', 'cloudfront', 'iam', 'organizations'], mend: preMade },
);
