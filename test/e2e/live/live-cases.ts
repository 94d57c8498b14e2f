import type { ContractCase } from '../contract/case.ts';
import {
  copyCase,
  latestCase,
  parametersCase,
  putCase,
  putParameterCase,
  secretCase,
} from '../contract/kept-cases.ts';
import {
  closePortCase,
  denyCase,
  eventCase,
  firewallCase,
  healthCheckCase,
  openPortCase,
  targetHealthCase,
} from '../contract/network-cases.ts';
import { type LiveRun, sandboxOf } from './sandbox-run.ts';

const makers = [
  eventCase,
  firewallCase,
  healthCheckCase,
  targetHealthCase,
  closePortCase,
  openPortCase,
  denyCase,
  putCase,
  copyCase,
  latestCase,
  secretCase,
  parametersCase,
  putParameterCase,
];

/** The contract's cases that are safe and cheap in an account; the guide says why others are not. */
export const liveCases = (run: LiveRun): ContractCase[] =>
  makers.map((make, index) => make(sandboxOf(run, index + 1)));

/** What these cases make, for the person who is asked, and what AWS takes for it if it is removed within the day. */
export const whatIsMade = [
  'an event bus with a rule, an IP set, two target groups, five VPCs with security groups and network ACLs: free',
  'six S3 buckets with four small objects in all: less than 0.01 USD',
  'a secret, at 0.40 USD a month, for some minutes, and three parameters of the standard tier: less than 0.01 USD',
];
export const costsAtMost = '0.05 USD';
