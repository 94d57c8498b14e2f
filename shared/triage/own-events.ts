import * as z from 'zod';
import { InvalidInputError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { Plan } from '../plan/schema.ts';
import { modeSchema } from '../runbook/contract.ts';
import { awsTime, type Envelope, parseAs } from './event-bridge.ts';
import { type ManualStart, type ParsedEvent, type Signal, signalStates } from './signal.ts';

/** `source` and `detail-type` of the events that Lifeboat and its users send themselves. */
export const ownSource = 'lifeboat';
const probeResultType = 'Lifeboat Probe Result';
const startType = 'Lifeboat Start';
const automationType = 'Lifeboat Automation';

const forSystem = { system: z.string() };
const person = { by: z.string().min(1), reason: z.string().min(1) };
const probeResultSchema = z.object({
  ...forSystem,
  signal: z.string(),
  state: z.enum(signalStates),
  since: awsTime,
  what: z.string(),
});
const startSchema = z.object({
  ...forSystem,
  ...person,
  scenario: z.string(),
  mode: modeSchema.optional(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});
const automationSchema = z.object({ ...forSystem, ...person, state: z.enum(['on', 'off']) });

export type ProbeResult = z.input<typeof probeResultSchema>;
export type StartRequest = z.input<typeof startSchema>;
export type AutomationRequest = z.input<typeof automationSchema>;

type Origin = { id: string; time: string; region: string };

/** The event of a probe whose signal began or ceased to fire. */
export function buildProbeResultEvent(result: ProbeResult, origin: Origin): JsonObject {
  return envelope(probeResultType, { ...result }, origin);
}

/** The event by which a person starts a scenario. Without a mode it is the first mode of the scenario. */
export function buildStartEvent(request: StartRequest, origin: Origin): JsonObject {
  return envelope(startType, { ...request }, origin);
}

/** The event by which a person turns automatic starts on or off. */
export function buildAutomationEvent(request: AutomationRequest, origin: Origin): JsonObject {
  return envelope(automationType, { ...request }, origin);
}

/** Parses an event of ours; undefined if its detail-type is none of these. */
export function parseOwnEvent(plan: Plan, event: Envelope): ParsedEvent | undefined {
  const eventId = event.id;
  switch (event['detail-type']) {
    case probeResultType:
      return { kind: 'signals', eventId, signals: [parseProbeResult(plan, event)] };
    case startType:
      return { kind: 'start', eventId, start: parseStart(plan, event) };
    case automationType: {
      const { system, ...wanted } = parseAs(automationSchema, event.detail, 'automation request');
      assertSystem(plan, system);
      return { kind: 'automation', eventId, wanted };
    }
    default:
      return undefined;
  }
}

function parseProbeResult(plan: Plan, event: Envelope): Signal {
  const detail = parseAs(probeResultSchema, event.detail, 'probe result');
  assertSystem(plan, detail.system);
  const signal = plan.signals[detail.signal];
  if (signal?.type !== 'probe') {
    throw new InvalidInputError(`The plan has no probe "${detail.signal}"`, {
      nextStep: 'Deploy again: the probe and the triage function come from different versions.',
    });
  }
  const { state, since, what } = detail;
  const at = parseAs(awsTime, event.time, 'event time');
  return {
    signal: detail.signal,
    observer: signal.observer,
    state,
    at,
    since,
    eventId: event.id,
    subject: '',
    what,
  };
}

function parseStart(plan: Plan, event: Envelope): ManualStart {
  const { system, ...wanted } = parseAs(startSchema, event.detail, 'start request');
  assertSystem(plan, system);
  const scenario = plan.scenarios[wanted.scenario];
  if (!scenario) {
    throw new InvalidInputError(`The plan has no scenario "${wanted.scenario}"`, {
      nextStep: `It has: ${Object.keys(plan.scenarios).join(', ')}.`,
    });
  }
  const mode = wanted.mode ?? scenario.modes[0] ?? 'recover';
  if (!scenario.modes.includes(mode)) {
    throw new InvalidInputError(`The scenario "${wanted.scenario}" has no mode "${mode}"`, {
      nextStep: `It has: ${scenario.modes.join(', ')}.`,
    });
  }
  return { ...wanted, mode, at: parseAs(awsTime, event.time, 'event time'), eventId: event.id };
}

function assertSystem(plan: Plan, system: string): void {
  if (system === plan.system.id) return;
  throw new InvalidInputError(`This event is for the system "${system}", not for "${plan.system.id}"`, {
    nextStep: 'Send it to the deployment of that system.',
  });
}

function envelope(detailType: string, detail: JsonObject, origin: Origin): JsonObject {
  return { version: '0', 'detail-type': detailType, source: ownSource, ...origin, resources: [], detail };
}
