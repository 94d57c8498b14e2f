import type { JsonObject } from '../../json.ts';
import type { Channel, ChannelOf } from '../../plan/schema.ts';
import type { Mode } from '../../runbook/contract.ts';
import type { Runtime } from '../../runtime.ts';

/** What a message says and what it is about, whatever carries it. */
export type Outgoing = {
  /** The same for the same message, however often and by whomever it is sent. */
  key: string;
  /** What belongs together: the incident's id, or the key of what triage pages about. */
  incident: string;
  /** Name of the template: channels that keep a state of their own (an alert, a page) go by it. */
  template: string;
  /** Undefined for what triage says before there is a run. */
  mode: Mode | undefined;
  subject: string;
  /** With the reference in its last line. */
  text: string;
  /** One line of at most 160 characters. */
  sms: string;
  /** The recipient's own link. */
  link?: string;
  /** Where the incident stands, in the words of status pages. */
  stage: Stage;
  /** Id of the question that it puts, or that is settled with it. */
  question?: string;
  /** Whether it calls again because an acknowledgement has lapsed. */
  again?: true;
};
export type Stage = 'investigating' | 'identified' | 'monitoring' | 'resolved';

export type Delivery<C extends Channel = Channel> = {
  runtime: Runtime;
  /** Id of the channel in the plan. */
  id: string;
  channel: C;
  message: Outgoing;
  /** Whether an earlier try may have been taken although no answer came. */
  repeated: boolean;
  /** What an earlier try of this message has got done. */
  progress: JsonObject;
  /** Keeps progress, so that a later try goes on from there. */
  save(progress: JsonObject): Promise<void>;
  /** What the channel knows of this incident from earlier messages. */
  memory: { read(): Promise<JsonObject>; write(data: JsonObject): Promise<void> };
};

/** One type of channel: how a message gets to its provider. */
export type Adapter<C extends Channel = Channel> = {
  /**
   * What is done when nobody knows whether a message was taken. same: it is sent again; the provider recognises it, or
   * being told twice is better than not at all. look: the adapter looks for it first. never: it may not be sent again,
   * and the next channel is used.
   */
  repeat: 'same' | 'look' | 'never';
  /** References that it reads, for the permissions of the functions that send. */
  secrets(channel: C): string[];
  /** Resolves with the provider's id of the message. Throws ChannelError. */
  deliver(delivery: Delivery<C>): Promise<string>;
};

export function defineAdapter<T extends Channel['type']>(
  _type: T,
  adapter: Adapter<ChannelOf<T>>,
): Adapter<ChannelOf<T>> {
  return adapter;
}

/**
 * refused: nothing was taken, and another try would be refused as well. later: nothing was taken, and the same may be
 * taken later. unknown: no answer came, or one that leaves open whether it was taken.
 */
export type Failure = 'refused' | 'later' | 'unknown';

/** A message that a channel did not take. The text goes into the ledger: no secret and no address with one in it. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  readonly failure: Failure;
  readonly retryAfterSeconds: number | undefined;

  constructor(failure: Failure, message: string, retryAfterSeconds?: number) {
    super(message);
    this.failure = failure;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
