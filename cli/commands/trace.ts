import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Finding } from '../../shared/plan/finding.ts';
import { elementsOf } from '../../shared/trace/elements.ts';
import { countVerdicts, traceRequirements } from '../../shared/trace/judge.ts';
import { parseRequirements } from '../../shared/trace/requirements.ts';
import { allExercises } from '../exercises.ts';
import type { Io } from '../io.ts';
import { readOnePlan } from '../one-plan.ts';
import { traceText } from '../trace-text.ts';

export type TraceArguments = { plan: string[]; json: boolean; rehearse: boolean; strict: boolean };

/**
 * `lifeboat trace`: each row of `requirements.md` beside the plan, with what carries it out and which rehearsal showed
 * it. With `json` one object `{system, ok, counts, rows, unknown, rehearsals}`. Exit 0, 1 with uncovered rows or
 * unknown ids (with `strict` also for rows that are only claimed), 2 for bad input.
 */
export async function trace(
  { plan: paths, json, rehearse, strict }: TraceArguments,
  io: Io,
): Promise<number> {
  const read = await readOnePlan('trace', paths, io);
  if (!read) return 2;
  const { plan, path, findings } = read;
  const file = join(dirname(path), 'requirements.md');
  const markdown = await readFile(file, 'utf8').catch(() => undefined);
  const table = parseRequirements(markdown ?? '');
  if (table.rows.length === 0) {
    io.err(`${file} has no requirements. It is a table: | id | section | what | capability |\n`);
    return 2;
  }
  for (const { line, message } of table.problems) io.err(`${file}:${line}  error  ${message}\n`);
  const exercises = rehearse ? await allExercises(plan, path, io) : [];
  const traced = traceRequirements({
    requirements: table.rows,
    elements: elementsOf(plan),
    exercises,
    lintWaivers: lintWaivers(findings),
  });
  const counts = countVerdicts(traced.rows);
  const ok =
    counts.uncovered === 0 &&
    traced.unknown.length === 0 &&
    table.problems.length === 0 &&
    (!strict || counts.claimed === 0);
  const rehearsals = exercises.map(({ name, outcome, elements }) => ({
    name,
    outcome,
    exercised: elements.length,
  }));
  if (json) {
    io.out(
      `${JSON.stringify({ system: plan.system.id, ok, counts, ...traced, rehearsals }, undefined, 2)}\n`,
    );
  } else io.out(traceText(plan.system.title, { ...traced, counts, rehearsals, rehearsed: rehearse }));
  return ok ? 0 : 1;
}

/** Reasons that are there for a warning of `validate`. */
function lintWaivers(findings: readonly Finding[]): Set<string> {
  return new Set(findings.flatMap(({ waived }) => waived ?? []));
}
