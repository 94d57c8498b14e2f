import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { incidentSchema } from '../../shared/incident/incident-record.ts';
import { lockSchema } from '../../shared/incident/lock.ts';
import { automationSchema } from '../../shared/incident/switch.ts';
import { modeSchema } from '../../shared/runbook/contract.ts';
import { decide } from '../../shared/triage/decide.ts';
import type { DecideInput } from '../../shared/triage/decision.ts';
import { signalStates } from '../../shared/triage/signal.ts';
import { plan } from './plan.ts';

/**
 * One folder a case: `given.json` is what triage knows, `expect.json` what it decides. What a case does not give is
 * the quiet default: no incident, no lock, automation on.
 */
const cases = new URL('./cases/', import.meta.url);

const unreadable = z.strictObject({ unreadable: z.string() });
const givenSchema = z.strictObject({
  why: z.string(),
  now: z.string(),
  signals: z.union([
    unreadable,
    z.array(
      z.strictObject({
        signal: z.string(),
        state: z.enum(signalStates),
        changedAt: z.string(),
        since: z.string().optional(),
        at: z.string().optional(),
      }),
    ),
  ]),
  incident: z.union([unreadable, incidentSchema]).optional(),
  lock: z.union([unreadable, lockSchema]).optional(),
  automation: z.union([unreadable, automationSchema]).optional(),
  start: z
    .strictObject({
      scenario: z.string(),
      mode: modeSchema,
      by: z.string(),
      reason: z.string(),
      at: z.string(),
    })
    .optional(),
});
const expectSchema = z.looseObject({ decision: z.string(), reasons: z.array(z.string()) });

function toInput(given: z.output<typeof givenSchema>): DecideInput {
  const reading = <T>(value: T | { unreadable: string } | undefined, otherwise: T) =>
    typeof value === 'object' && value !== null && 'unreadable' in value
      ? { unreadable: String(value.unreadable) }
      : { value: (value as T | undefined) ?? otherwise };
  return {
    plan,
    now: given.now,
    signals:
      'unreadable' in given.signals
        ? given.signals
        : {
            value: given.signals.map(({ signal, state, changedAt, since, at }) => ({
              signal,
              observer: plan.signals[signal]?.observer ?? 'nobody',
              state,
              changedAt,
              at: at ?? changedAt,
              since: since ?? changedAt,
              eventId: `${signal}-1`,
              what: signal,
            })),
          },
    incident: reading(given.incident, null),
    lock: reading(given.lock, null),
    automation: reading(given.automation, { state: 'on' as const, by: 'lead', reason: 'in service' }),
    ...(given.start && { start: { ...given.start, eventId: 'start-1', parameters: {} } }),
  };
}

describe('decide', () => {
  const read = (name: string, file: string): unknown =>
    JSON.parse(readFileSync(new URL(`${name}/${file}`, cases), 'utf8'));

  for (const name of readdirSync(cases)) {
    it(name.replaceAll('-', ' '), () => {
      const given = givenSchema.parse(read(name, 'given.json'));
      const { reasons, ...expected } = expectSchema.parse(read(name, 'expect.json'));
      const decision = decide(toInput(given));
      expect({ ...decision, reasons: [] }).toEqual({ ...expected, reasons: [] });
      expect(decision.reasons).toHaveLength(reasons.length);
      for (const [index, part] of reasons.entries()) expect(decision.reasons[index]).toContain(part);
    });
  }
});
