import type { ParseArgsOptionsConfig } from 'node:util';
import type { Io } from './io.ts';

/** What a command is called with. */
export type Arguments = {
  values: Record<string, string | boolean | string[] | undefined>;
  positionals: string[];
};

export type Command = {
  summary: string;
  usage: string;
  details?: string;
  options: ParseArgsOptionsConfig;
  run(args: Arguments, io: Io): Promise<number>;
};

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const many = { type: 'string', multiple: true } as const;

/** Each command is loaded when it is used: `validate` does not need the simulator, nor `rehearse` AWS. */
export const commands: Record<string, Command> = {
  validate: {
    summary: 'Checks plans: every finding with its place, what is wrong and how to mend it',
    usage: 'PLAN… [--json]',
    options: { json: flag },
    async run({ values, positionals }, io) {
      const { validate } = await import('./commands/validate.ts');
      return validate({ plans: positionals, json: values.json === true }, io);
    },
  },
  graph: {
    summary: 'Draws the runbook of a scenario, or prints its definition',
    usage: 'PLAN --scenario S [--format mermaid|svg|asl]',
    options: { scenario: text, format: text },
    async run({ values, positionals }, io) {
      const { graph } = await import('./commands/graph.ts');
      return graph(
        {
          plan: positionals[0] ?? '',
          scenario: textOf(values.scenario) ?? '',
          format: textOf(values.format) ?? 'mermaid',
        },
        io,
      );
    },
  },
  rehearse: {
    summary: 'Rehearses a scenario in virtual time against a simulated AWS, and says what RTO and RPO it has',
    usage:
      'PLAN --scenario S [--mode M] [--seed N] [--fault F]… [--set k=v]… [--json] [--out DIR]\n       lifeboat rehearse PLAN --calendar [--days N] [--seed N] [--fault F]… [--json]',
    details:
      '\nWith --calendar a year of schedules is played: backups made, checked and proven, drills, tasks for people.\nExit: 0 recovered, objectives met and invariants held; 1 otherwise; 2 bad input.\n',
    options: {
      scenario: text,
      mode: text,
      seed: text,
      fault: many,
      set: many,
      json: flag,
      out: text,
      calendar: flag,
      days: text,
    },
    async run({ values, positionals }, io) {
      if (values.calendar === true) {
        const { rehearseCalendarCommand } = await import('./commands/rehearse-calendar.ts');
        const { seed, days, fault, json } = values;
        return rehearseCalendarCommand(
          {
            plan: positionals,
            seed: textOf(seed),
            days: textOf(days),
            faults: listOf(fault),
            json: json === true,
          },
          io,
        );
      }
      const { rehearseCommand } = await import('./commands/rehearse.ts');
      return rehearseCommand(
        {
          plan: positionals,
          scenario: textOf(values.scenario),
          mode: textOf(values.mode),
          seed: textOf(values.seed),
          faults: listOf(values.fault),
          set: listOf(values.set),
          json: values.json === true,
          out: textOf(values.out),
        },
        io,
      );
    },
  },
  estimates: {
    summary: 'Rehearses all scenarios and keeps what their steps take, for the estimates in messages',
    usage: 'PLAN',
    details: '\nWrites rehearsed.json beside the plan; packaging bakes it in. Exit: 0; 2 bad input.\n',
    options: {},
    async run({ positionals }, io) {
      const { estimates } = await import('./commands/estimates.ts');
      return estimates(positionals, io);
    },
  },
  campaign: {
    summary: 'Rehearses many times with random faults and lists the seeds that went wrong',
    usage: 'PLAN… [--runs N] [--seed N] [--jobs N] [--json]',
    options: { runs: text, seed: text, jobs: text, json: flag },
    async run({ values, positionals }, io) {
      const { campaign } = await import('./commands/campaign.ts');
      return campaign(
        {
          plans: positionals,
          runs: textOf(values.runs),
          seed: textOf(values.seed),
          jobs: textOf(values.jobs),
          json: values.json === true,
        },
        io,
      );
    },
  },
  trace: {
    summary: 'Says of each requirement what in the plan carries it out, and which rehearsal showed it',
    usage: 'PLAN [--json] [--no-rehearse] [--strict]',
    details:
      '\nReads requirements.md beside the plan. Exit: 0; 1 with uncovered rows or unknown ids, with --strict also\nwith rows that are only claimed; 2 bad input.\n',
    options: { json: flag, 'no-rehearse': flag, strict: flag },
    async run({ values, positionals }, io) {
      const { trace } = await import('./commands/trace.ts');
      return trace(
        {
          plan: positionals,
          json: values.json === true,
          rehearse: values['no-rehearse'] !== true,
          strict: values.strict === true,
        },
        io,
      );
    },
  },
  calendar: {
    summary: 'When everything of the calendar is due next, and which tasks of people are open',
    usage: 'PLAN [done ENTRY --by NAME] [--live] [--json]',
    options: { live: flag, json: flag, by: text },
    async run(args, io) {
      const { calendar } = await import('./commands/calendar.ts');
      return calendar(args, io);
    },
  },
  drill: {
    summary: 'Starts a drill of a deployed system now, as the calendar would',
    usage: 'PLAN [ENTRY] [--scenario S] --by NAME [--reason TEXT]',
    options: { scenario: text, by: text, reason: text },
    async run(args, io) {
      const { drill } = await import('./commands/calendar.ts');
      return drill(args, io);
    },
  },
  backups: {
    summary: 'Makes, checks and proves the backups of a plan, or checks a dump on disk byte for byte',
    usage:
      'PLAN check|create|verify|coverage [--class C]… [--point latest|random|TIME] [--live] [--by NAME] [--seed N] [--fault F]… [--json]\n       lifeboat backups check-file FILE… [--format F] [--manifest FILE] [--json]',
    details:
      '\nAgainst a simulated AWS; with --live on the account of the shell (AWS_ENDPOINT_URL is honoured).\nExit: 0 in order, or proven; 1 otherwise; 2 bad input.\n',
    options: {
      class: many,
      point: text,
      live: flag,
      by: text,
      seed: text,
      fault: many,
      format: text,
      manifest: text,
      json: flag,
    },
    async run(args, io) {
      const { backups } = await import('./commands/backups.ts');
      return backups(args, io);
    },
  },
  matrix: {
    summary: 'The recovery time matrix: each scenario and tier against its target, rehearsed and last real',
    usage: 'PLAN [--live] [--json]',
    details:
      '\nPrints Markdown. With --live the last real run and drill of each scenario are read from the deployed system.\nExit: 0; 1 when a rehearsed figure misses its target; 2 bad input.\n',
    options: { json: flag, live: flag },
    async run({ values, positionals }, io) {
      const { matrix } = await import('./commands/matrix.ts');
      return matrix({ plan: positionals, json: values.json === true, live: values.live === true }, io);
    },
  },
  readiness: {
    summary:
      'How ready a system is: objectives against what was measured, drills, restores, open tasks, gaps first',
    usage: 'PLAN [--out DIR] [--live] [--json]',
    details:
      '\nWrites one static page, index.html. With --live runs and tasks are read from the deployed system.\nExit: 0; 1 with a gap that is bad; 2 bad input.\n',
    options: { out: text, live: flag, json: flag },
    async run({ values, positionals }, io) {
      const { readiness } = await import('./commands/readiness.ts');
      return readiness(
        {
          plan: positionals,
          out: textOf(values.out),
          live: values.live === true,
          json: values.json === true,
        },
        io,
      );
    },
  },
  'primary-signals': {
    summary: "The template of what the plan's metric and event signals need in the primary region",
    usage: 'PLAN [--region R]',
    details:
      '\nDeploy it beside deploy/primary-region.yml. Exit: 0; 2 when there is nothing to make there.\n',
    options: { region: text },
    async run({ values, positionals }, io) {
      const { primarySignals } = await import('./commands/primary-signals.ts');
      return primarySignals({ plan: positionals, region: textOf(values.region) }, io);
    },
  },
  ...operating(),
};

/** Commands on a deployed system; all of them live in one module. */
function operating(): Record<string, Command> {
  const who = { by: text, reason: text } as const;
  const command = (
    name: string,
    summary: string,
    usage: string,
    options: ParseArgsOptionsConfig,
  ): [string, Command] => [
    name,
    {
      summary,
      usage,
      options,
      async run(args, io) {
        const { operate } = await import('./commands/operate.ts');
        return operate(name, args, io);
      },
    },
  ];
  return Object.fromEntries([
    command(
      'start',
      'Starts a scenario of a deployed system',
      'PLAN --scenario S [--mode M] [--set k=v]… --by NAME [--reason TEXT]',
      {
        scenario: text,
        mode: text,
        set: many,
        ...who,
      },
    ),
    command(
      'status',
      'Says what a deployed system is doing, and who is waited for',
      'PLAN [--incident ID] [--watch] [--json]',
      { incident: text, json: flag, watch: flag },
    ),
    command('ack', 'Acknowledges the open incident: escalation stops', 'PLAN --by PERSON', { ...who }),
    command('approve', 'Approves what waits for approval', 'PLAN QUESTION --by PERSON --reason TEXT', {
      ...who,
    }),
    command('deny', 'Says no to what waits for approval', 'PLAN QUESTION --by PERSON --reason TEXT', {
      ...who,
    }),
    command('retry', 'Has a failed step tried again', 'PLAN QUESTION --by PERSON [--reason TEXT]', {
      ...who,
    }),
    command('skip', 'Has a failed step skipped', 'PLAN QUESTION --by PERSON --reason TEXT', { ...who }),
    command('done', 'Says that a task for a person is done', 'PLAN QUESTION --by PERSON [--reason TEXT]', {
      ...who,
    }),
    command('abort', 'Ends the run that is under way', 'PLAN --by PERSON --reason TEXT', { ...who }),
    command('resolve', 'Closes the open incident', 'PLAN --by PERSON [--reason TEXT]', { ...who }),
    command(
      'refusals',
      'Links and requests that were refused, in an incident or outside of one, for an audit',
      'PLAN [--json]',
      { json: flag },
    ),
    command(
      'switch',
      'Switches the automatic start on or off, or shows it',
      'PLAN [on|off] [--by NAME] [--reason TEXT]',
      { ...who },
    ),
  ]);
}

function textOf(value: string | boolean | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function listOf(value: string | boolean | string[] | undefined): string[] {
  return Array.isArray(value) ? value : [];
}
