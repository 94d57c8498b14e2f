import { type Advice, controlPlaneRule } from './control-plane.ts';

const mend =
  'Give the standby a weight and a health check that fails until it may serve: its health then moves users without the control plane. Or put ARC routing controls (arc.routing-control) in front.';

/** Kinds that call Global Accelerator's control plane. */
const advices: Record<string, Advice> = {
  'globalaccelerator.shift-traffic': {
    severity: 'error',
    what: 'changes dials and weights',
    mend,
  },
};

export const usWest2ControlPlane = controlPlaneRule(
  'us-west-2-control-plane',
  'us-west-2',
  "Global Accelerator's control plane runs in us-west-2 only, whatever regions its endpoints are in; while us-west-2 is lost, only health checks move users.",
  advices,
  { services: ['globalaccelerator', 'route53-recovery-control-config'], mend },
);
