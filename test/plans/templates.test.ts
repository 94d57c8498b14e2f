import { describe, expect, test } from 'vitest';
import { listKinds, loadActions } from '../../shared/actions/load-actions.ts';
import { scopeFor } from '../../shared/communication/fields.ts';
import { renderMessage } from '../../shared/communication/render.ts';
import { type Situation, shift } from '../../shared/communication/situation.ts';
import { templateOf } from '../../shared/communication/templates.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import { readRehearsed } from '../../shared/plan/rehearsed.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { renderMarkdown } from '../../shared/report/markdown.ts';
import type { Report } from '../../shared/report/report.ts';
import { rehearse } from '../../simulator/rehearse.ts';
import { withEstimates } from '../../state-machines/estimates.ts';
import { systems } from './support.ts';

/** A field of a document's template: its rows, and how it stands in what Lifeboat sends. */
type Field = readonly [rows: string, shows: RegExp];
type Template = {
  template: string;
  information: string;
  /** At its opening, 20 minutes into it, or after its end. */
  when: 'opening' | 'under-way' | 'end';
  fields: readonly Field[];
};
const time = '\\d{1,2} [A-Z][a-z]+ \\d\\d:\\d\\d UTC';
const item = '\\n(\\s*- .+\\n?)+';

/** The templates of the five documents, field by field, as they are rendered in the rehearsal of the worst scenario. */
const documents: Record<string, { scenario: string; templates: readonly Template[] }> = {
  'ai-crypto-trading-bot': {
    scenario: 'complete-recovery',
    templates: [
      {
        template: 'initial',
        information: 'executive',
        when: 'opening',
        fields: [
          ['TB-216', /^\[CRITICAL\] Trading Bot System Incident - ai-crypto-trading-bot-\d{8}t\d{6}z/],
          ['TB-217', new RegExp(`- Start time: ${time}`)],
          ['TB-218', /- Impact: .{10,}/],
          ['TB-219', /- Affected services: .{3,}/],
          ['TB-220', /- Current status: (INVESTIGATING|IDENTIFIED)/],
          ['TB-221', /Actions taken:\n- Called: .+\n- Cause: .+\n.+/],
          ['TB-222', new RegExp(`Next update: ${time}`)],
          ['TB-223', /Incident commander: .+/],
          ['TB-224', /Contact: .{5,}/],
        ],
      },
      {
        template: 'all-clear',
        information: 'executive',
        when: 'end',
        fields: [
          ['TB-225', /^\[RESOLVED\] Trading Bot System Incident - ai-crypto-trading-bot-/],
          ['TB-226', /- Incident duration: (\d+ h )?\d+ min/],
          ['TB-227', /- Root cause: .+/],
          ['TB-228', new RegExp(`- Resolution:${item}`)],
          ['TB-229', /- Data impact: .+/],
          ['TB-230', new RegExp(`System status, as checked:${item}`)],
          ['TB-231', /Post-incident actions:\n- The full incident report .+\n- .*improved.*watched/],
          ['TB-232', new RegExp(`report follows by ${time}`)],
        ],
      },
      {
        template: 'initial',
        information: 'technical',
        when: 'under-way',
        fields: [
          ['TB-215 technical details', new RegExp(`Done:${item}[^]*Next steps:${item}`)],
          ['TB-168', /War room: Slack #trading-bot-incidents/],
        ],
      },
      {
        template: 'initial',
        information: 'partner',
        when: 'opening',
        fields: [
          ['TB-215 customer impact', /- What they notice: .{10,}/],
          ['TB-212', /#dashboards\/dashboard\/lifeboat-ai-crypto-trading-bot/],
        ],
      },
      {
        template: 'initial',
        information: 'regulator',
        when: 'opening',
        fields: [
          [
            'TB-215 compliance impact',
            /Impact on users: .+\n- Services: .+\n- Open orders: .+\n- Data of users: .+/,
          ],
        ],
      },
      {
        template: 'initial',
        information: 'customer',
        when: 'opening',
        fields: [
          ['TB-234', /^Trading Bot System Issue - ai-crypto-trading-bot-/],
          ['TB-235', /Status: (INVESTIGATING|IDENTIFIED)/],
        ],
      },
      {
        template: 'data-impact',
        information: 'customer',
        when: 'end',
        fields: [['TB-229', /Data impact: .+/]],
      },
      {
        template: 'post-incident-summary',
        information: 'customer',
        when: 'end',
        fields: [['TB-227', /Root cause: .+/]],
      },
    ],
  },
  waqiti: {
    scenario: 'region-disaster',
    templates: [
      {
        template: 'initial',
        information: 'customer',
        when: 'opening',
        fields: [
          ['WQ-121', /^🚨 CRITICAL INCIDENT - Waqiti/u],
          ['WQ-122', /Status: INVESTIGATING/],
          ['WQ-123', /Impact: .{10,}/],
          ['WQ-124', /ETA: (about \d|not known yet)/],
          ['WQ-125', /We are aware of issues affecting .{5,} and are actively investigating/],
          ['WQ-126', /Updates will be provided every 15 min\./],
          ['WQ-127', new RegExp(`Next update: ${time}`)],
          ['WQ-128', /Status page: https:\/\/status\.example\.com/],
        ],
      },
      {
        template: 'all-clear',
        information: 'customer',
        when: 'end',
        fields: [
          ['WQ-129', /^✅ RESOLVED - Waqiti/],
          ['WQ-130', /Status: OPERATIONAL/],
          ['WQ-131', /Impact: .{5,} restored/],
          ['WQ-132', /Duration: \d+ minutes/],
          ['WQ-133', /We will continue monitoring/],
          ['WQ-134', new RegExp(`post-incident report by ${time}`)],
          ['WQ-135', /Status page: https:\/\/status\.example\.com/],
        ],
      },
    ],
  },
  'fusion-bitcoin-bridge': {
    scenario: 'region-failover',
    templates: [
      {
        template: 'update',
        information: 'technical',
        when: 'under-way',
        fields: [
          ['FB-053', /Current status: (INVESTIGATING|IDENTIFIED)\. .+/],
          ['FB-054', /Actions taken:\n.+/],
          ['FB-055', new RegExp(`Next steps:${item}`)],
          ['FB-056', new RegExp(`ETA: about ${time}`)],
        ],
      },
      {
        template: 'regulatory-notice',
        information: 'regulator',
        when: 'under-way',
        fields: [
          ['FB-067 scope', /Incident scope: .+, since .+ UTC\./],
          ['FB-067 impact', /User impact: .{10,}/],
          ['FB-067 remediation', /Remediation steps so far:\n.+/],
        ],
      },
      {
        template: 'all-clear',
        information: 'executive',
        when: 'end',
        fields: [['FB-162', new RegExp(`What was checked:${item}`)]],
      },
    ],
  },
  'ag-botkit': {
    scenario: 'region-failure',
    templates: [
      {
        template: 'initial',
        information: 'executive',
        when: 'opening',
        fields: [
          ['AG-119', /was opened, severity P0/],
          ['AG-134', new RegExp(`Next update: ${time}`)],
        ],
      },
    ],
  },
  'liquid-abt': {
    scenario: 'region-failure',
    templates: [
      {
        template: 'update',
        information: 'technical',
        when: 'under-way',
        fields: [
          ['LA-132', new RegExp(`Next update: ${time}`)],
          ['LA-131', /\d+ of \d+ steps done/],
        ],
      },
      {
        template: 'all-clear',
        information: 'customer',
        when: 'end',
        fields: [
          ['LA-176', /What we checked:\n- .+/],
          ['LA-136', /look through your most recent purchases/],
        ],
      },
    ],
  },
};

/** What the documents' post-mortems ask for, in every report's draft. */
const postMortem: readonly Field[] = [
  ['FB-174', /Date and time.*\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/],
  ['FB-175', /Duration.*\d+ min/],
  ['FB-176', /Impact.*\S/],
  ['FB-177', /Root cause.*\S/],
  ['FB-178', /Detection.*UTC/],
  ['FB-179', /Response.*UTC/],
  ['FB-180', /Mitigation.*UTC/],
  ['FB-181, AG-140', /Resolution.*UTC/],
  ['FB-182', /What went well\n+- .+/],
  ['FB-183, AG-153', /What could be improved\n+- .+/],
  ['FB-184, AG-157', /Action items\n+- \[[ x]\] .+ \(owner: .+, due: .+, done: .+\)/],
  ['AG-150', /What happened\n+- .+/],
  ['AG-151', /Why it happened\n+- .+/],
  ['AG-152', /How it was resolved\n+- .+/],
];

/** What is due after an incident, by when at the latest, in hours, and by which rows. */
const afterwards: Record<string, readonly (readonly [followUp: string, hours: number, rows: string])[]> = {
  'liquid-abt': [
    ['monitor-intensively', 24, 'LA-173'],
    ['tune-performance', 24, 'LA-174'],
    ['announce-restoration', 24, 'LA-176'],
    ['find-root-cause', 168, 'LA-177'],
    ['review-procedure', 168, 'LA-178'],
    ['update-documentation', 168, 'LA-179'],
    ['update-training', 168, 'LA-180'],
    ['prevent-again', 672, 'LA-181'],
    ['update-plan', 672, 'LA-182'],
    ['improve-tools', 672, 'LA-183'],
    ['drill-again', 672, 'LA-184'],
  ],
  'ag-botkit': [
    ['screenshots', 24, 'AG-144'],
    ['internal-note', 24, 'AG-146'],
    ['users-note', 24, 'AG-148'],
    ['post-mortem', 168, 'AG-149'],
    ['action-items', 168, 'AG-154 to AG-157'],
    ['documentation', 168, 'AG-158 to AG-160'],
    ['improvements', 720, 'AG-161 to AG-164'],
    ['learnings', 720, 'AG-165 to AG-168'],
  ],
  'fusion-bitcoin-bridge': [
    ['tell-users', 24, 'FB-167'],
    ['incident-report', 24, 'FB-166'],
    ['optimise', 24, 'FB-168'],
    ['enhanced-monitoring', 48, 'FB-163'],
    ['post-mortem', 168, 'FB-170'],
    ['process', 168, 'FB-171'],
    ['training-needed', 168, 'FB-172'],
    ['prevention', 168, 'FB-173'],
  ],
  waqiti: [
    ['report-to-customers', 24, 'WQ-134'],
    ['breach-notice', 72, 'WQ-160'],
  ],
  'ai-crypto-trading-bot': [
    ['tell-what-happened', 24, 'TB-170'],
    ['full-report', 48, 'TB-232'],
  ],
};

describe.each(systems)('the document of %s', async system => {
  const wanted = documents[system];
  const { plan } = await checkPlan(`plans/${system}/plan.yml`);
  if (!plan || !wanted) throw new Error(`${system} has no plan, or its templates are not named here`);
  const { report, situationAt } = await rehearsed(plan, system, wanted.scenario);

  describe.each(wanted.templates)('$template to $information', ({ template, information, when, fields }) => {
    const text = rendered(situationAt(when), template, information);
    test.each(fields)('has %s', (_rows, shows) => expect(text).toMatch(shows));
  });

  test.each(postMortem)('has its post-mortem filled in: %s', (_rows, shows) => {
    expect(renderMarkdown(report)).toMatch(shows);
  });

  test.each(afterwards[system] ?? [])('has %s due within %i h (%s)', (id, hours) => {
    const all = { ...plan.followUps, ...plan.scenarios[wanted.scenario]?.followUps };
    expect(all[id]?.due).toBeLessThanOrEqual(hours * 3600);
    expect(report.detail.followUps.map(({ title }) => title)).toContain(all[id]?.title);
  });

  test('asks nobody to believe what was not checked', () => {
    const text = rendered(situationAt('under-way'), 'all-clear', 'customer', { failing: true });
    expect(text).not.toMatch(/verified|intact|no data (was|were|has been) lost/i);
  });
});

describe('the severities of ag-botkit', async () => {
  const { plan } = await checkPlan('plans/ag-botkit/plan.yml');
  const minutes: Record<string, number> = { p0: 15, p1: 30, p2: 120 };
  const all = Object.entries(plan?.scenarios ?? {}).map(([id, { severity, audiences }]) => ({
    id,
    severity,
    audiences,
  }));

  test.each(all)(
    '$id ($severity) tells the technical team in its time (AG-119, AG-122, AG-124)',
    async one => {
      const technical = one.audiences.flatMap(id => {
        const audience = plan?.audiences[id];
        return audience?.information === 'technical' ? [audience.within] : [];
      });
      expect(Math.min(...technical)).toBeLessThanOrEqual((minutes[one.severity] ?? 0) * 60);
    },
  );
});

type Rehearsed = { report: Report; situationAt(when: Template['when']): Situation };

async function rehearsed(plan: Plan, system: string, scenario: string): Promise<Rehearsed> {
  const planDirectory = `plans/${system}`;
  const request = {
    plan,
    planDirectory,
    scenario,
    mode: 'recover' as const,
    seed: 7,
    faults: [],
    parameters: {},
  };
  const result = await rehearse(request);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  const { report, ledger } = result;
  const { id, incidentId, startedAt } = report.detail.run;
  const { outageStart: outageStartedAt } = plan.rehearsal;
  const run = {
    id,
    incidentId,
    system,
    scenario,
    mode: 'recover' as const,
    startedAt,
    outageStartedAt,
    parameters: {},
  };
  const actions = await loadActions(listKinds());
  const base = { plan: withEstimates(plan, actions, readRehearsed(planDirectory)), questions: [], run };
  const end = ledger.findLast(({ entry }) => entry.type === 'run-ended')?.at ?? startedAt;
  return {
    report,
    situationAt(when) {
      const at =
        when === 'opening'
          ? shift(startedAt, 60)
          : when === 'under-way'
            ? shift(startedAt, 1200)
            : shift(end, 1);
      const known = ledger.filter(entry => entry.at <= at);
      return { ...base, ledger: known, now: new Date(at) };
    },
  };
}

function rendered(situation: Situation, name: string, information: string, { failing = false } = {}): string {
  const template = templateOf(situation.plan, name, information);
  if (!template) throw new Error(`no template ${name}`);
  const audience =
    Object.entries(situation.plan.audiences).find(([, each]) => each.information === information)?.[0] ?? '';
  const message = { key: 'k', to: { audience }, channels: [], template: name, sendAt: '', dueAt: '' };
  const result = renderMessage(template, scopeFor(situation, message), { mode: 'recover', key: 'k' });
  if (!result.ok) {
    if (failing) return '';
    throw new Error(result.problem);
  }
  return `${result.message.subject}\n${result.message.text}`;
}
