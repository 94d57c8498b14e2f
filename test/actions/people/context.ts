import type { ActionContext } from '../../../shared/actions/contract.ts';
import { makeRun, outageStartedAt, restoreStep } from '../../communication/fixture.ts';

const refuse = () => {
  throw new Error('This action must not reach for anything');
};

/** A context for actions that look at nothing but their parameters, their step and what people answered. */
export const nothing: ActionContext = {
  run: makeRun(),
  step: restoreStep,
  clock: { now: () => new Date(outageStartedAt) },
  aws: { client: refuse },
  network: { http: refuse, tls: refuse, dns: refuse, mongo: refuse, sql: refuse, redis: refuse },
  kubernetes: refuse,
  secret: refuse,
  regions: { primary: 'ap-southeast-2', recovery: 'ap-southeast-4' },
  nameOf: person => (person === 'ada' ? 'Ada' : person),
  notify: refuse,
  changed: refuse,
  remember: refuse,
  names: { resource: refuse, tags: refuse },
  elapsedSeconds: 0,
};
