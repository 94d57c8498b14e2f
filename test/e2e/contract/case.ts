import type { AwsClients } from '../../../shared/aws/clients.ts';
import type { JsonObject } from '../../../shared/json.ts';
import type { Mode } from '../../../shared/runbook/contract.ts';
import type { CallFault } from '../../../simulator/faults/faults.ts';
import type { Api } from '../servers/kubernetes-node.ts';

/** Names that AWS gives to what is made (ids, ARNs). The simulator takes those of the plan, so it gets `ids`. */
export type Ids = Record<string, string>;

/** A rule of a ClusterRole. */
export type Rule = {
  apiGroups?: string[];
  resources?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
};

/** One call of an action that changes something: `service.Operation`, and what of its input matters. */
export type ExpectedCall = readonly [name: string, input: Record<string, unknown>];

/** How a step must end, in whichever world it is played. */
export type Expectation = {
  /** `ready` if it goes on. */
  prepared?: 'ready' | 'already-done' | 'refused';
  /** Calls that change something, in this order, and no others; `whatever` where their number is chance. */
  calls: readonly ExpectedCall[] | 'whatever';
  /** Calls that must have been made though they only look, because what they find decides. */
  asks?: readonly string[];
  /** How observe ends; `pending` only in a world that lacks what ends it. */
  status?: 'done' | 'failed' | 'pending';
  /** Seconds of the world's own time that pass at least until then. */
  takesSeconds?: number;
  /** Outputs, of observe or of "already done". Asymmetric matchers are welcome. */
  outputs?: Record<string, unknown>;
  /** Part of what is said while it is pending. */
  note?: RegExp;
  /** Part of the reasons of a refusal or a failure. */
  reasons?: RegExp;
  /** What prepare or act throws, where that is the end. */
  throws?: RegExp;
  /** Names of errors that AWS answers with on the way, such as `rds.DescribeDBSnapshots DBSnapshotNotFoundFault`. */
  errors?: readonly string[] | 'whatever';
  /** What `after` finds. */
  holds?: unknown;
};

/** What is done with one kind, and what must come of it in the simulator and in an emulator. */
export type ContractCase = {
  kind: string;
  /** What is shown, as in "refuses when replica lag is unknown". */
  shows: string;
  mode?: Mode;
  /** Ids as the simulator has them. */
  ids?: Ids;
  components: (ids: Ids) => Record<string, object>;
  /** Parameters; a component is named by its id in the plan. */
  with: (ids: Ids) => JsonObject;
  /** Makes in the emulator what the components say exists; gives the ids that differ from the simulator's. */
  given?: (aws: AwsClients) => Promise<Ids | undefined> | Promise<void>;
  /** What happens in either world before the step is prepared. */
  before?: (aws: AwsClients, ids: Ids) => Promise<void>;
  /** Databases, by identifier, that somebody made read-only. */
  readOnly?: string[];
  /** Answers to calls that the emulator lacks, by `service.Operation` (signing name): only reads that a step needs. */
  fills?: Record<string, string>;
  /** A fault for the simulator, where the emulator meets the same by its state. */
  faults?: Record<string, CallFault[]>;
  /** What a real cluster needs for it. */
  cluster?: {
    /** The rights that the kind's documentation asks for, and no others. */
    rules: Rule[];
    /** Makes there what the components say exists. */
    given?: (api: Api, namespace: string) => Promise<unknown>;
  };
  expect: Expectation;
  /** Reads an object of the cluster afterwards, for `expect.holds`. */
  finds?: { path: (ids: Ids) => string; holds: (object: never) => unknown };
  /** Reads what holds afterwards, through the SDK, for `expect.holds`. */
  after?: (aws: AwsClients, ids: Ids) => Promise<unknown>;
  /** What undo calls, and what holds when it is done. */
  undo?: Pick<Expectation, 'calls' | 'status' | 'holds'>;
  /** Where the emulator is known to differ, in words, and what it does instead. */
  emulator?: {
    gap: string;
    /** What the emulator itself gave, and AWS's model does not allow. */
    allows?: RegExp;
  } & Partial<Expectation> & {
      undo?: Pick<Expectation, 'calls' | 'status' | 'holds'>;
    };
};

export const primary = 'ap-southeast-2';
export const recovery = 'ap-southeast-4';

/** The run that every case is part of; `contextOf` in `test/support` has the same. */
export const runId = '20260310-3f9c1a';
/** Tags that everything made by the run must carry, for `calls` of services that write them as Key and Value. */
export const taggedByRun = [
  { Key: 'lifeboat:run', Value: runId },
  { Key: 'lifeboat:system', Value: 'shop' },
  { Key: 'lifeboat:expires-at', Value: '2026-03-17T16:50:00.000Z' },
];

/** A name for a bucket that nobody has taken: all accounts share the names. */
export const bucketName = (base: string): string => `${base}-${Math.random().toString(36).slice(2, 10)}`;
