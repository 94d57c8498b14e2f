import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { loadPlan } from '../shared/plan/load.ts';
import type { Plan } from '../shared/plan/schema.ts';
import type { Report } from '../shared/report/report.ts';
import { rehearse } from '../simulator/rehearse.ts';
import { measureBundles } from './bundles.ts';
import { measureCheckFile } from './check-file.ts';
import { measureColdStarts } from './cold-init.ts';
import { measureDecisionPage } from './decision-page.ts';
import { measureFleet } from './fleet.ts';
import { measureProofs } from './proofs.ts';

/**
 * `npm run bench`: figures, not tests. What is measured here depends on the machine; quote the median, and the
 * machine with it. Options: --quick leaves out the bundles and the page that one of
 * them serves; --backups measures only what is about backups: a fleet of
 * 1,000 databases, 1,000 proofs with faults, and the check of a large file beside `gzip -t`.
 */
const scenario = 'region-failure';
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
/** Of every scenario of every system, so that the whole bench stays within minutes. */
const fewSeeds = seeds.slice(0, 5);

if (process.argv.includes('--backups')) {
  await fleet();
  await proofs();
  await largeFile();
  process.exit();
}
const plans = await loadPlans();
const liquidAbt = plans.find(({ plan }) => plan.system.id === 'liquid-abt');
if (!liquidAbt) throw new Error('the plan of LIQUID ABT is missing');
await throughput(liquidAbt);
for (const one of plans) await overhead(one);
wholeProcess();
await fleet();
if (!process.argv.includes('--quick')) {
  await bundles(liquidAbt);
  await coldStarts();
}
process.exit(0);

type Loaded = { plan: Plan; directory: string };

async function loadPlans(): Promise<Loaded[]> {
  const systems = readdirSync('plans', { withFileTypes: true }).filter(entry => entry.isDirectory());
  return Promise.all(
    systems.map(async ({ name }) => {
      const directory = `plans/${name}`;
      const { plan } = await loadPlan(`${directory}/plan.yml`);
      if (!plan) throw new Error(`${directory}/plan.yml can't be read`);
      return { plan, directory };
    }),
  );
}

async function run({ plan, directory }: Loaded, name: string, seed: number): Promise<Report> {
  const mode = plan.scenarios[name]?.modes[0] ?? 'recover';
  const request = {
    plan,
    planDirectory: directory,
    scenario: name,
    mode,
    seed,
    faults: [],
    parameters: {},
  };
  const result = await rehearse(request);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result.report;
}

async function throughput(of: Loaded): Promise<void> {
  await run(of, scenario, 0);
  const times: number[] = [];
  for (const seed of seeds) {
    const started = performance.now();
    await run(of, scenario, seed);
    times.push(performance.now() - started);
  }
  const each = median(times);
  say(
    'one rehearsal of region-failure, warm',
    `${each.toFixed(0)} ms`,
    `${(1000 / each).toFixed(1)} a second`,
  );
}

async function overhead(of: Loaded): Promise<void> {
  for (const name of Object.keys(of.plan.scenarios)) {
    const reports: Report[] = [];
    for (const seed of fewSeeds) reports.push(await run(of, name, seed));
    const ratios = reports.flatMap(report => {
      const { executeSeconds, criticalPathSeconds } = report.rto;
      if (!executeSeconds || !criticalPathSeconds) return [];
      const seconds = exactSeconds(report);
      return [{ ratio: seconds / criticalPathSeconds, seconds, criticalPathSeconds }];
    });
    const worst = ratios.toSorted((a, b) => b.ratio - a.ratio)[0];
    const numbers = (pick: (report: Report) => number | null) =>
      median(reports.map(report => pick(report) ?? 0));
    const facts = [
      `recovery ${numbers(report => report.rto.actualSeconds).toFixed(0)} s`,
      `loss ${numbers(report => report.rpo.actualSeconds).toFixed(0)} s`,
      `${numbers(report => report.stateTransitions).toFixed(0)} transitions`,
      `${numbers(report => report.lambdaInvocations).toFixed(0)} Lambda calls`,
      `USD ${numbers(report => report.estimatedCostUsd).toFixed(4)}`,
    ];
    // Opening the run takes 0.51 s, each call 0.06 s: of a few seconds that is more than a twentieth.
    const beside =
      worst && worst.ratio > 1.05
        ? ` (${(worst.seconds - worst.criticalPathSeconds).toFixed(2)} s of calls and looks beside ${worst.criticalPathSeconds.toFixed(1)} s)`
        : '';
    say(
      `${of.plan.system.id} ${name}: execute / critical path`,
      worst ? median(ratios.map(({ ratio }) => ratio)).toFixed(3) : 'none',
      `${worst ? `worst ${worst.ratio.toFixed(3)}${beside}, ` : ''}${facts.join(', ')}`,
    );
  }
}

/** What `executeSeconds` says in whole seconds, rounded up: too coarse for recoveries of half a minute. */
function exactSeconds({ detail: { run, phases } }: Report): number {
  const endOf = (stage: string) =>
    phases.flatMap(phase => (phase.stage === stage && phase.endedAt ? [Date.parse(phase.endedAt)] : []));
  const beganMs = Math.max(Date.parse(run.startedAt), ...endOf('decide'));
  return (Math.max(beganMs, ...endOf('execute')) - beganMs) / 1000;
}

/** What a person waits for: npm, Node, the imports, the run and the report. */
function wholeProcess(): void {
  const times = seeds.slice(0, 5).map(seed => {
    const started = performance.now();
    spawnSync(
      'npm',
      ['run', '--silent', 'rehearse', '--', '--seed', String(seed), '--out', '.lifeboat/bench'],
      { stdio: 'ignore' },
    );
    return performance.now() - started;
  });
  say(
    'npm run rehearse, whole process',
    `${(median(times) / 1000).toFixed(2)} s`,
    `best ${(Math.min(...times) / 1000).toFixed(2)} s`,
  );
}

async function bundles({ plan }: Loaded): Promise<void> {
  const figures = await measureBundles(async (name, handler) => {
    if (name === 'decide') await decisionPage(plan, handler);
  });
  for (const { name, zipBytes, importMs } of figures) {
    say(`bundle ${name}`, `${(zipBytes / 1000).toFixed(0)} kB zipped`, `import ${importMs.toFixed(0)} ms`);
  }
}

/** Limits: 30 kB, and 100 ms after a cold import. */
async function decisionPage(plan: Plan, handler: string): Promise<void> {
  const { bytes, importMs, answerMs, cpuMs } = await measureDecisionPage(handler, plan);
  say(
    'approval page of the bundle, first answer of a process',
    `${answerMs.toFixed(0)} ms`,
    `${(bytes / 1000).toFixed(1)} kB, ${cpuMs.toFixed(0)} ms of a processor, after an import of ${importMs.toFixed(0)} ms`,
  );
}

/** Limits: 1.05 times what the quota allows, and 10 s for the simulation. */
async function fleet(): Promise<void> {
  const { databases, proven, seconds, boundSeconds, wallMs, cpuMs } = await measureFleet(1000, 40);
  say(
    `fleet of ${databases} databases, 40 at once: end / lower bound`,
    (seconds / boundSeconds).toFixed(3),
    `${proven} proven in ${(seconds / 3600).toFixed(1)} h, at the least ${(boundSeconds / 3600).toFixed(1)} h`,
  );
  say('the same, simulating it', `${(wallMs / 1000).toFixed(1)} s`, `${(cpuMs / 1000).toFixed(1)} s of CPU`);
}

/** Limit: nothing is left behind. Fails with the seeds that leave something. */
async function proofs(): Promise<void> {
  for (const { title, runs, wrong, killed, wallMs } of await measureProofs(1000)) {
    const more = `${killed} of them stopped half way, ${(wallMs / 1000).toFixed(0)} s`;
    say(`${runs} proofs of ${title} with faults at every call`, `${wrong.length} wrong`, more);
    for (const why of wrong) process.stdout.write(`  ${why}\n`);
    if (wrong.length > 0) process.exitCode = 1;
  }
}

/** Limits: 1.2 times the time of `gzip -t`, and 200 MB of memory. */
async function largeFile(): Promise<void> {
  const { gzipMs, checkMs, peakBytes, bytes } = await measureCheckFile();
  say(
    `check-file of ${(bytes / 1e9).toFixed(2)} GB of gzip / gzip -t`,
    (checkMs / gzipMs).toFixed(2),
    `${(checkMs / 1000).toFixed(1)} s against ${(gzipMs / 1000).toFixed(1)} s, ${(peakBytes / 2 ** 20).toFixed(0)} MB of memory`,
  );
}

/** Limit for triage, steps and approvals: 1.5 times an empty handler and 100 ms, of processor time. */
async function coldStarts(): Promise<void> {
  const figures = await measureColdStarts();
  if (!figures) say('cold start under the Lambda runtime', 'none', 'npm run test:e2e installs its client');
  for (const { name, ms, processorMs } of figures ?? []) {
    say(
      `cold start of ${name}, Lambda runtime`,
      `${ms.toFixed(0)} ms`,
      `${processorMs.toFixed(0)} ms of processor`,
    );
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function say(what: string, figure: string, more = ''): void {
  process.stdout.write(`${what.padEnd(72)} ${figure.padStart(12)}  ${more}\n`);
}
