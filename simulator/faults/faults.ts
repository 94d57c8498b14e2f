/** Which faults are on in a run; `createFaults` parses names such as `throttle:rds` and refuses unknown ones. */
export type FaultSet = {
  /** As given, for the report. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Whether the n-th call of this operation is to fail, and how; undefined for a call that goes through. */
  onCall(call: { service: string; operation: string; region: string }): CallFault | undefined;
  onHandler(name: string): 'crash-before' | 'crash-after' | undefined;
};

export type CallFault = 'throttle' | 'error5xx' | 'timeout' | 'lost-reply' | 'stale-read';
