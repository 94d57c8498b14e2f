import type * as z from 'zod';
import type { AwsClients } from '../aws/clients.ts';
import type { BackupsPort } from '../backups/port.ts';
import type { Json, JsonObject } from '../json.ts';
import type { ComponentType } from '../plan/components.ts';
import type { Clock, KubernetesAccess, KubernetesExec, KubernetesRequest, Network } from '../ports.ts';
import type { Run, Step } from '../runbook/contract.ts';
import type { Trait } from './traits.ts';

/**
 * An action is one file, `shared/actions/<family>/<name>.ts`, that exports `action`. Its kind is `<family>.<name>`;
 * the family is also the Lambda function that runs it, so each function has the permissions of its family only.
 */

/** Something that was found or made, kept in the ledger: `what` is a sentence, `data` the facts behind it. */
export type Evidence = { what: string; data?: JsonObject };

/** A reason to refuse: what is wrong, and how to mend it. Both are sentences for a person at 3 a.m. */
export type Reason = { what: string; mend: string };

export type Preparation =
  /** Go on. `baseline` is kept and handed to act, observe and undo. */
  | { status: 'ready'; baseline: JsonObject; evidence: Evidence[] }
  /** The wanted state holds already; nothing is changed. */
  | { status: 'already-done'; baseline: JsonObject; outputs: JsonObject; evidence: Evidence[] }
  /** A person must answer before the step is done (families `people` only). */
  | {
      status: 'ask';
      baseline: JsonObject;
      question: QuestionDraft;
      evidence: Evidence[];
      /** What a dry run, which asks nobody, hands to later steps instead of an answer, so that they can be prepared. */
      unasked?: JsonObject;
    }
  | { status: 'refused'; reasons: Reason[]; evidence: Evidence[] };

export type QuestionDraft = {
  kind: 'approval' | 'task';
  title: string;
  /** Lines that are shown to the person, in order. */
  shows: string[];
  /** People ids or roles of the plan that may answer. */
  askedOf: string[];
  /** How many of them must agree. */
  quorum: number;
  answerWithinSeconds: number;
};

export type Observation =
  /** Not there yet. `note` says what is missing; the step machine asks again. */
  | { status: 'pending'; note: string }
  | { status: 'done'; outputs: JsonObject; evidence: Evidence[] }
  | { status: 'failed'; reasons: Reason[]; evidence: Evidence[] };

/** One change made in the world, for the report's list of everything that was done. */
export type Change = {
  /** `service.Operation`, with the SDK's names, such as `rds.RestoreDBInstanceFromDBSnapshot`. */
  call: string;
  region: string;
  resource: string;
  /** One sentence: what was changed, from what to what. */
  what: string;
};

/** What an action gets to work with. It must not reach for anything else: no clock, no environment, no client. */
export type ActionContext = {
  run: Run;
  step: Step;
  clock: Clock;
  aws: AwsClients;
  network: Network;
  /** Sends one request to an EKS cluster's API server; 404 and 409 come back as values, other failures throw. */
  kubernetes(access: KubernetesAccess, request: KubernetesRequest): Promise<{ status: number; body: Json }>;
  /** Runs a command in a pod, where the function has the connection for it; ask for it by `execInPod`. */
  kubernetesExec?: KubernetesExec;
  /** Bucket of the recovery region for what a run keeps, such as evidence; use `keepFile` of `shared/aws/kept-files.ts`. */
  reportBucket?: string;
  /** What a step may do with the plan's backups; only the function of the family `backup` has it. */
  backups?: BackupsPort;
  /** Reads a secret reference (`secret:NAME#key` or `ssm:NAME`) in the given region. Never log the result. */
  secret(reference: string, region: string): Promise<string>;
  /** Region that people may fear lost: the plan's primary. Calls there get short time-outs. */
  regions: { primary: string; recovery: string };
  /** A person's name, by the id that the plan gives; the id itself of somebody who is not in it. */
  nameOf(person: string): string;
  /** Tells an audience something now, by template; safe to repeat within a run. Used by `notify.*` actions. */
  notify(message: {
    audience: string;
    template: string;
    fields?: Record<string, string>;
  }): Promise<Evidence[]>;
  /** Records a change, before the request is sent when it may be lost, so that nothing goes unrecorded. */
  changed(change: Change): Promise<void>;
  /**
   * Keeps facts that act or observe found out (an id that AWS gave, when the answers moved): later calls of the same
   * attempt find them in their baseline. What undo goes back to stays as prepare found it.
   */
  remember(facts: JsonObject): Promise<void>;
  /** Names and tags of what this run makes. */
  names: {
    /** `<base>-<run date>-<run suffix>`, shortened to `maxLength`; the same in every call of a run. */
    resource(base: string, maxLength: number): string;
    /** Tags for everything that is made: `lifeboat:run`, `lifeboat:system`, `lifeboat:expires-at`. */
    tags(): { Key: string; Value: string }[];
  };
  /** Seconds since this step's act was first called; 0 in prepare. */
  elapsedSeconds: number;
};

/** How long it takes in seconds, from act to done, and where the figures come from. */
export type TypicalDuration = {
  minSeconds: number;
  likelySeconds: number;
  maxSeconds: number;
  source: string;
};

/** An IAM statement that an action needs, with `${…}` pseudo parameters as in CloudFormation's Fn::Sub. */
export type Permission = {
  actions: string[];
  /** `*` only where AWS has no resource-level permission for the action; say so in `reason`. */
  resources: string[];
  conditions?: Record<string, Record<string, string | string[]>>;
  reason?: string;
};

/** What a drill does with this kind. Dry-run is the same for all: prepare only. */
export type DrillBehaviour =
  /** Acts on an isolated copy or a resource of the recovery side that has an undo; undone at the end, always. */
  | 'isolated'
  /** Acts as in a recovery, because it changes nothing (a check, a read). */
  | 'same'
  /** Prepares and goes no further, because acting would touch production. */
  | 'prepare-only';

export type Action<Parameters extends z.ZodObject = z.ZodObject> = {
  /** `<family>.<name>`, the same as the file's place. */
  kind: string;
  /** One line, for the graph, the reference page and the report. */
  summary: string;
  /** Parameters after components were filled in and expressions resolved. */
  parameters: Parameters;
  /** Parameters that name a component of the plan, and the type that it must have. */
  components: Record<string, ComponentType | readonly ComponentType[]>;
  /** Names of what `${steps.<id>.<name>}` may refer to, with one line each. */
  outputs: Record<string, string>;
  drill: DrillBehaviour;
  /** Whether it changes anything outside Lifeboat's own records. */
  mutates: boolean;
  /** What it is in a recovery, which the rules of `validate` go by. */
  traits?: readonly Trait[];
  /** The parameter whose component is asked in SQL, or proven by a write. */
  asks?: string;
  typical: TypicalDuration;
  /** What can go wrong, for the simulator, the linter and the reference page. */
  failureModes: string[];
  /** Of a kind that changes something: whether with these parameters it only reads, so that a dry run may look. */
  onlyReads?(parameters: z.output<Parameters>): boolean;
  /**
   * Reasons for which it refuses whatever the world is like: what the plan says contradicts itself. `validate` tells
   * them, so that nobody meets them in an outage. A value that is known in the run only still stands as its expression.
   */
  contradictions?(parameters: z.output<Parameters>): Reason[];
  permissions(parameters: z.output<Parameters>, regions: { primary: string; recovery: string }): Permission[];
  prepare(context: ActionContext, parameters: z.output<Parameters>): Promise<Preparation>;
  /** Makes the change. Reads first where a repeat could harm; "already done" is success. Not called when !mutates. */
  act?(context: ActionContext, parameters: z.output<Parameters>, baseline: JsonObject): Promise<void>;
  observe(
    context: ActionContext,
    parameters: z.output<Parameters>,
    baseline: JsonObject,
  ): Promise<Observation>;
  /** Brings back what was before. Called again until it answers done; reads first. */
  undo?(
    context: ActionContext,
    parameters: z.output<Parameters>,
    baseline: JsonObject,
    outputs: JsonObject,
  ): Promise<Observation>;
};

/** Gives an action its parameter types from its own schema. */
export function defineAction<Parameters extends z.ZodObject>(action: Action<Parameters>): Action<Parameters> {
  return action;
}
