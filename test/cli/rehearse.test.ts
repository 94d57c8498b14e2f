import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { modes, outcomes } from '../../shared/runbook/contract.ts';
import { lifeboat, planPath } from './collect.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeboat-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const seconds = z.number().nonnegative().nullable();
const count = z.number().int().nonnegative();
const time = z.iso.datetime();
const objective = {
  targetSeconds: z.number().positive(),
  actualSeconds: seconds,
  met: z.boolean().nullable(),
};

/** The interface that other programs read; a field may be added, and none may go or change its type. */
const interfaceSchema = z.object({
  system: z.literal('liquid-abt'),
  scenario: z.literal('database-failure'),
  mode: z.enum(modes),
  seed: z.literal(7),
  outcome: z.enum(outcomes),
  rto: z.object({
    ...objective,
    detectSeconds: seconds,
    decideSeconds: seconds,
    executeSeconds: seconds,
    verifySeconds: seconds,
    criticalPathSeconds: seconds,
  }),
  rpo: z.object(objective),
  steps: z
    .array(
      z.object({
        phase: z.string(),
        id: z.string(),
        action: z.string(),
        status: z.string(),
        startedAt: time,
        endedAt: time.nullable(),
        attempts: count.positive(),
      }),
    )
    .min(1),
  notifications: z
    .array(
      z.object({
        audience: z.string(),
        channel: z.string(),
        template: z.string(),
        sentAt: time,
        afterSeconds: z.number(),
        dueSeconds: z.number(),
        onTime: z.boolean(),
      }),
    )
    .min(1),
  invariants: z.array(z.object({ name: z.string(), held: z.boolean(), checks: count })).min(1),
  awsCalls: z.record(z.string().regex(/^[a-z0-9]+\.[A-Z][A-Za-z0-9]+$/), count.positive()),
  stateTransitions: count.positive(),
  historyEvents: count.positive(),
  lambdaInvocations: count.positive(),
  estimatedCostUsd: z.number().positive(),
  wallMs: count,
  report: z.string(),
});

const rehearse = (...more: string[]) => lifeboat(['rehearse', planPath, ...more]);

describe('rehearse --json', () => {
  it('prints one object with every field of the interface and nothing else', async () => {
    const out = join(directory, 'json');
    const run = await rehearse('--scenario', 'database-failure', '--seed', '7', '--json', '--out', out);
    expect(run.err).toBe('');
    expect(run.out.trimEnd()).not.toContain('\n');
    const parsed = interfaceSchema.safeParse(JSON.parse(run.out));
    expect(parsed.error?.issues ?? []).toEqual([]);
    expect(run.code).toBe(0);
    expect(parsed.data?.outcome).toBe('recovered');
    const html = await readFile(parsed.data?.report ?? '', 'utf8');
    expect(html.slice(0, 20)).toMatch(/^<!doctype html>/i);
  });
});

describe('rehearse', () => {
  it('prints the run as it goes and ends with the figures and the report', async () => {
    const out = join(directory, 'text');
    const run = await rehearse('--scenario', 'database-failure', '--out', out);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/^RTO {13}.*met/m);
    expect(run.out.trimEnd().split('\n').at(-1)).toContain(join(out, 'report.html'));
    expect(run.out).not.toContain('\u001b');
  });

  it.each([
    ['no plan', ['rehearse'], /takes one plan/],
    ['two plans', ['rehearse', planPath, planPath], /takes one plan/],
    ['a plan that is not there', ['rehearse', 'plans/none.yml', '--scenario', 'x'], /plans\/none\.yml/],
    ['no scenario', ['rehearse', planPath], /^Which scenario\? .*It has: .*region-failure/],
    [
      'an unknown scenario',
      ['rehearse', planPath, '--scenario', 'region-failur'],
      /no scenario "region-failur"\. Did you mean "region-failure"\? It has: /,
    ],
    [
      'a name that every object has',
      ['rehearse', planPath, '--scenario', 'constructor'],
      /no scenario "constructor"/,
    ],
    [
      'a mode that the scenario lacks',
      ['rehearse', planPath, '--scenario', 'region-failure', '--mode', 'real'],
      /no mode "real"\. It has: /,
    ],
    ...['x', '-1', '1.5', '', '1e3', '99999999999999999999'].map((seed): [string, string[], RegExp] => [
      `the seed "${seed}"`,
      ['rehearse', planPath, '--scenario', 'region-failure', `--seed=${seed}`],
      /is not a whole number of 0 or more/,
    ]),
    [
      'an unknown fault',
      ['rehearse', planPath, '--scenario', 'region-failure', '--fault', 'throtle'],
      /throtle[\s\S]*throttle/,
    ],
    [
      '--set without a value',
      ['rehearse', planPath, '--scenario', 'region-failure', '--set', 'nodes'],
      /--set takes name=value, not "nodes"/,
    ],
    [
      '--set with an unknown parameter',
      ['rehearse', planPath, '--scenario', 'region-failure', '--set', 'no-such=1'],
      /no parameter "no-such"/,
    ],
  ])('with %s says what is wrong and exits with 2', async (_, argv, message) => {
    const { code, out, err } = await lifeboat(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('a plan with errors is not rehearsed: they are listed with their places', async () => {
    const broken = join(directory, 'broken.yml');
    const text = await readFile(planPath, 'utf8');
    await writeFile(broken, text.replace('  rto: 4h', '  rto: soon'));
    const { code, out, err } = await lifeboat(['rehearse', broken, '--scenario', 'region-failure']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/broken\.yml:\d+:\d+ {2}error/);
    expect(err).toContain('broken.yml has errors, so it is not rehearsed.');
  });
});
