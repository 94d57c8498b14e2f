import type { Action } from '../actions/contract.ts';
import type { Problem } from './finding.ts';
import type { ScenarioView } from './scenario-view.ts';
import type { Plan } from './schema.ts';

/** Sections whose entries have ids that others name. */
export type Section =
  | 'people'
  | 'audiences'
  | 'channels'
  | 'severities'
  | 'signals'
  | 'components'
  | 'templates'
  | 'tiers'
  | 'backups'
  | 'scenarios';

/** What a rule looks at. Rules are pure: the actions are loaded before. */
export type CheckContext = {
  plan: Plan;
  scenarios: readonly ScenarioView[];
  /** Actions of the kinds that the plan uses; kinds that do not exist are missing. */
  actions: Readonly<Record<string, Action>>;
  /** All kinds that exist. */
  kinds: readonly string[];
  /** Whether the file has such an entry, even one that was left out of `plan` because of its own findings. */
  isWritten(section: Section, id: string): boolean;
  /** Whether parts were left out of `plan` because of findings of their own: what is missing in it may be in the file. */
  partial?: boolean;
  /** The same of one section: whether something that it has in the file is not in `plan`. */
  lacksPartOf?(section: 'backups'): boolean;
};

/** A lint rule: what a plan may say and should not. `reason` is for the reference page. */
export type LintRule = {
  id: string;
  severity: Problem['severity'];
  reason: string;
  check(context: CheckContext): Problem[];
};
