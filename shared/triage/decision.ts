import type { Incident } from '../incident/incident-record.ts';
import type { Lock } from '../incident/lock.ts';
import type { Automation } from '../incident/switch.ts';
import type { Mode } from '../runbook/contract.ts';
import type { TriagePlan } from './quorum.ts';
import type { ManualStart, SignalState } from './signal.ts';

/** Something that was read for a decision, or why it could not be. */
export type Reading<T> = { value: T } | { unreadable: string };

/** All that a decision is made from. Nothing else is looked at: no clock, no store. */
export type DecideInput = {
  plan: TriagePlan;
  /** ISO-8601 UTC with milliseconds. */
  now: string;
  signals: Reading<SignalState[]>;
  /** The newest incident that was no exercise, open or resolved; null if there never was one. */
  incident: Reading<Incident | null>;
  /** Who runs now, if anybody; null if nobody. */
  lock: Reading<Lock | null>;
  automation: Reading<Automation>;
  /** Present when a person asks to start a scenario. */
  start?: ManualStart;
};

/** `reasons` are sentences for the ledger and for the person who is paged. */
export type Decision =
  /** Open an incident; with `startRun` its run starts at once, otherwise a person is asked to start it. */
  | {
      decision: 'open';
      scenario: string;
      mode: Mode;
      startRun: boolean;
      outageStartedAt: string;
      page: boolean;
      reasons: string[];
    }
  /** It belongs to the incident that is open. */
  | {
      decision: 'attach';
      scenario: string;
      mode: Mode;
      incidentId: string;
      startRun: boolean;
      page: boolean;
      reasons: string[];
    }
  /** Nothing to do now; look again at `reconsiderAt` at the latest if nothing else comes. */
  | { decision: 'ignore'; reasons: string[]; reconsiderAt?: string }
  /** It can't be done, or can't be known whether it may be. A person has to look, unless one is asking anyway. */
  | { decision: 'refuse'; scenario: string; page: boolean; reasons: string[] };
