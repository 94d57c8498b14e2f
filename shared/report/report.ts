import type { Entry, StepStatus } from '../incident/entries.ts';
import type { Json } from '../json.ts';
import type { Answer, Mode, Outcome, Stage } from '../runbook/contract.ts';

/**
 * The report of one run: what `rehearse --json` prints and what the pages are made from. Times are ISO-8601 UTC,
 * durations whole seconds. `null` means "not measured" or "did not happen"; a figure is never made up as 0.
 */
export type Report = {
  system: string;
  scenario: string;
  mode: Mode;
  /** Null for a run on real AWS. */
  seed: number | null;
  outcome: Outcome;
  rto: Rto;
  rpo: Rpo;
  /** Steps that began, in the order of the plan. */
  steps: ReportStep[];
  /** Every message that was sent, and every message that no channel took (`sentAt` null). */
  notifications: Notification[];
  invariants: Invariant[] | null;
  /** Number of calls by `service.Operation`. */
  awsCalls: Record<string, number> | null;
  stateTransitions: number | null;
  historyEvents: number | null;
  lambdaInvocations: number | null;
  /** Step Functions and Lambda only; see cost.ts for the prices and what they assume. */
  estimatedCostUsd: number | null;
  wallMs: number | null;
  /** Where report.html is, once it is written. */
  report: string | null;
  detail: Detail;
};

/**
 * The recovery time and its parts. The four parts add up to `actualSeconds` whenever that is not null (a null part
 * counts nothing). A run that did not recover has `actualSeconds` null and keeps the parts that did end.
 */
export type Rto = {
  targetSeconds: number;
  actualSeconds: number | null;
  met: boolean | null;
  /** Start of the outage to the incident being opened; null when nothing had to be detected. */
  detectSeconds: number | null;
  decideSeconds: number | null;
  executeSeconds: number | null;
  verifySeconds: number | null;
  /** Longest chain of what AWS and people needed, without Lifeboat's own waiting. Known to the simulator only. */
  criticalPathSeconds: number | null;
  /** outage: its start. run: the run's start, for a drill or a planned move. nothing: a dry run measures no time. */
  measuredFrom: 'outage' | 'run' | 'nothing';
};

export type Rpo = {
  targetSeconds: number;
  actualSeconds: number | null;
  met: boolean | null;
  /** How it was found, as a sentence. */
  basis: string;
};

export type ReportStep = {
  phase: string;
  id: string;
  action: string;
  status: StepStatus;
  startedAt: string;
  /** When its forward work ended (an undo comes later); null if it never did. */
  endedAt: string | null;
  attempts: number;
};

export type Notification = {
  audience: string;
  channel: string;
  template: string;
  sentAt: string | null;
  /** Since the incident was opened, as `dueSeconds` is. */
  afterSeconds: number | null;
  dueSeconds: number;
  onTime: boolean;
};

/** A rule that the simulator checks at every event. */
export type Invariant = { name: string; held: boolean; checks: number; violations?: string[] };

/** What only the simulator or AWS can tell; each is null in the report when it is left out. */
export type Facts = {
  /** Given for rehearsals only: its presence marks the report as a rehearsal. */
  seed?: number;
  /** Faults injected, as given on the command line. */
  faults?: readonly string[];
  /** Path of the plan as given, for the command that replays the run. */
  planPath?: string;
  /** Parameters given with `--set`; without it they are told from the plan's defaults. */
  parameters?: Readonly<Record<string, string | number | boolean>>;
  /** When the outage really began; the run itself knows only what the signals say. */
  outageStartedAt?: string;
  /** Time of the newest data that survived, as the simulated database knows it. */
  dataCutAt?: string;
  criticalPathSeconds?: number;
  awsCalls?: Record<string, number>;
  stateTransitions?: number;
  historyEvents?: number;
  lambdaInvocations?: number;
  /** What calls took beyond the half second that each is taken to need, all together. */
  lambdaLongerSeconds?: number;
  /** Why there was no run at all, when that is known. */
  notStarted?: { what: string; mend: string };
  invariants?: readonly Invariant[];
  /** Components that a rehearsal struck and that were as broken at its end. */
  stillBroken?: readonly string[];
  wallMs?: number;
};

/** What the pages show beyond the fixed fields. */
export type Detail = {
  title: { system: string; scenario: string; owner: string };
  run: { id: string; incidentId: string; severity: string | null; startedAt: string; endedAt: string | null };
  outageStartedAt: string;
  /** The moment that recovery time and data loss are counted from. */
  clockStartedAt: string;
  openedAt: string | null;
  /**
   * Whether a person opened it in a rehearsal of an outage. That person knows of the outage when it begins, so that how
   * long it would go unnoticed, and how soon somebody would respond, is not measured.
   */
  noticedAtOnce: boolean;
  /** Steps that a recovery carries out and this drill did not, since they would touch production; titles. */
  leftOut: string[];
  /** What the plan assumes that code of the user's own mends, by the title of the step. */
  assumed: { step: string; mends: string[] }[];
  /** When users were served again: the end of the last phase, if the run recovered. */
  recoveredAt: string | null;
  simulated: boolean;
  faults: string[];
  /** Command that runs the same rehearsal again; null for a real run. */
  replay: string | null;
  phases: PhaseDetail[];
  /** Steps of the plan and of this mode that were never begun. */
  notReached: { phase: string; id: string; title: string; action: string }[];
  problems: Problem[];
  decisions: Decision[];
  changes: Change[];
  failedMessages: { at: string; audience: string; channel: string; template: string; error: string }[];
  /** Audiences that were due to be told and never were. */
  untold: { audience: string; dueSeconds: number }[];
  openTasks: OpenTask[];
  /** What was set to be done around and after the incident, as it stood at `asOf`. */
  followUps: FollowUp[];
  /** Time of the newest entry of the ledger that this report knows. */
  asOf: string;
  /** Command that says what has become of it since; null for a rehearsal, which is over. */
  liveState: string | null;
  /** What it meant for users and which services were affected, by the plan; null where it says nothing. */
  impact: string | null;
  services: string[];
  outageCost: OutageCost | null;
  /** What was measured against the objectives of the scenario's severity and of the tiers that it takes down. */
  serviceLevels: ServiceLevel[];
  /** What of a year's downtime this outage used; null without an outage or without such an objective. */
  downtime: Downtime | null;
  chain: Chain;
  timeline: TimelineItem[];
  /** Display names of people and audiences by id. */
  names: Record<string, string>;
};

export type PhaseDetail = {
  id: string;
  title: string;
  stage: Stage;
  startedAt: string | null;
  endedAt: string | null;
  ok: boolean | null;
  /** From the plan: when it should have ended, since the clock started. */
  withinSeconds: number | null;
  inTime: boolean | null;
  /** From the plan: how long it may last from its own beginning. */
  lastsSeconds: number | null;
  /** Whether it lasted longer; null if the plan says nothing, or it did not end or had nothing to do. */
  tooLong: boolean | null;
  /** Ids of all its steps in the order of the plan, begun or not. */
  order: string[];
  steps: StepDetail[];
};

export type StepDetail = ReportStep & {
  title: string;
  note: string | null;
  error: string | null;
  reasons: { what: string; mend: string }[];
  evidence: { what: string; data?: Record<string, Json> }[];
  outputs: Record<string, Json>;
  /** What it was doing when, for the timeline. */
  segments: Segment[];
};
export type Segment = { status: StepStatus; attempt: number; from: string; to: string };

export type Problem = { step: string | null; title: string; what: string; mend: string | null };

export type Decision = {
  step: string;
  kind: 'approval' | 'failed-step' | 'task';
  title: string;
  askedOf: string[];
  askedAt: string;
  answerWithinSeconds: number;
  answers: (Pick<Answer, 'value' | 'by' | 'at'> & {
    reason: string | null;
    via: string;
    afterSeconds: number;
  })[];
};

export type Change = {
  at: string;
  step: string;
  call: string;
  region: string;
  resource: string;
  what: string;
};

export type OpenTask = { title: string; why: string; owner: string | null };

/** `owners` are people, or the audience that is told. `obligation`: law or contract that sets the deadline. */
export type FollowUp = {
  title: string;
  owners: string[];
  dueAt: string;
  obligation: string | null;
  state: 'done' | 'done-late' | 'open' | 'overdue';
  doneAt: string | null;
  doneBy: string | null;
  evidence: string | null;
};

export type OutageCost = {
  currency: string;
  perHour: number;
  outageSeconds: number;
  amount: number;
  /** Whether the outage still went on when the run ended, so that this is the least it costs. */
  atLeast: boolean;
  entries: { title: string; amount: string }[];
};

/** A figure against its target; `met` is null for what this run could not measure. */
export type Figure = { targetSeconds: number; actualSeconds: number | null; met: boolean | null };

export type ServiceLevel = {
  of: 'severity' | 'tier';
  id: string;
  title: string;
  /** Each null where the plan has no such objective. */
  rto: Figure | null;
  rpo: Figure | null;
  respond: Figure | null;
};

export type Downtime = { availabilityPercent: number; budgetSeconds: number; usedSeconds: number };

/** The hash chain over the ledger. `problem` says which entry is the first that does not fit. */
export type Chain = { entries: number; head: string | null; verified: boolean; problem: string | null };

export type TimelineItem = {
  at: string;
  /** Since the clock started; negative for what came before. */
  afterSeconds: number;
  type: Entry['type'];
  tone: 'plain' | 'good' | 'bad' | 'warn';
  what: string;
};
