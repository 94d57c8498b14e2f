import { type Advice, controlPlaneRule } from './control-plane.ts';

const preMade =
  'Make a failover pair with a gate (route53.failover) or ARC routing controls (arc.routing-control) ahead of time, and use them first.';

/** Kinds that call Route 53's control plane. */
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
};

export const usEast1ControlPlane = controlPlaneRule(
  'us-east-1-control-plane',
  'us-east-1',
  "Route 53's control plane runs in us-east-1 only, whatever region the system is in; while us-east-1 is lost, records can not be changed.",
  advices,
  { services: ['route53', 'cloudfront', 'iam', 'organizations'], mend: preMade },
);
