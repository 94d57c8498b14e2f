import type { AwsClients } from './aws/clients.ts';
import type { BackupsPort } from './backups/port.ts';
import type { RecordStore } from './incident/record-store.ts';
import type { Json } from './json.ts';
import type { Plan } from './plan/schema.ts';
import type { Clock, KubernetesAccess, KubernetesExec, KubernetesRequest, Network } from './ports.ts';

/** Names and addresses of the deployment, from the environment in Lambda and from the simulator in a rehearsal. */
export type Settings = {
  tableName: string;
  /** State machine ARNs by scenario id. */
  runbookArns: Record<string, string>;
  /** Topic ARNs by the topic names of the plan's channels. */
  topicArns: Record<string, string>;
  /** The machines that prove backups: one of them, and many. */
  verifyMachineArns?: { one: string; fleet: string };
  /** Address of the decision page, `https://…`; links are made from it. */
  decisionUrl: string;
  /** Secret (name) whose value signs links. */
  linkSecretName: string;
  /** Where one-time schedules are made that call the communicate function; without it there are none. */
  schedules?: { group: string; functionArn: string; roleArn: string; deadLetterArn?: string };
  /** The function that writes reports, for those who may not write one themselves. */
  reportFunctionArn?: string;
  /** Bucket that reports are written to; without it they stay in the ledger. */
  reportBucket?: string;
};

/** Everything that a handler works with. `handlers/` makes the real one, `simulator/` the simulated one. */
export type Runtime = {
  plan: Plan;
  settings: Settings;
  clock: Clock;
  /**
   * Waits a moment between two looks of one call, which Step Functions can't: its waits are whole seconds. Only the
   * step executor uses it; on a runtime without it, each call does one thing and looks once.
   */
  pause?(ms: number): Promise<void>;
  store: RecordStore;
  aws: AwsClients;
  network: Network;
  kubernetes(access: KubernetesAccess, request: KubernetesRequest): Promise<{ status: number; body: Json }>;
  /** Runs a command in a pod; only functions that need it bring it. */
  kubernetesExec?: KubernetesExec;
  secret(reference: string, region: string): Promise<string>;
  /** The plan's backups; only the function of the family `backup` brings it. */
  backups?: BackupsPort;
  log(level: 'info' | 'warn' | 'error', message: string, data?: Record<string, unknown>): void;
};
