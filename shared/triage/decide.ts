import type { Incident } from '../incident/incident-record.ts';
import { isLive } from '../incident/lock.ts';
import type { Automation } from '../incident/switch.ts';
import { decideStart } from './decide-start.ts';
import type { DecideInput, Decision, Reading } from './decision.ts';
import { byPrecedence, type QuorumView, viewQuorum } from './quorum.ts';
import { explain, occupied, unread } from './wording.ts';

/**
 * What to do about the signals as they are now. Pure: the same input gives the same decision.
 *
 * A run starts by itself when enough independent observers have agreed for as long as the trigger asks, outside the
 * cool-down, with automation switched on and nobody else running. When all but the last three hold, the incident is
 * opened and a person is asked. What can't be evaluated refuses and pages.
 */
export function decide(input: DecideInput): Decision {
  if (input.start) return decideStart(input, input.start);
  if ('unreadable' in input.signals) return refuse('every scenario', [unread('the signals', input.signals)]);
  const views = viewAll(input);
  const inOrder = [...views.keys()].sort(byPrecedence(input.plan, views));
  const winner = inOrder.find(id => stageOf(views, id) === 'sustained');
  if (winner === undefined) return withoutQuorum(input, views);
  const stronger = inOrder.slice(0, inOrder.indexOf(winner)).find(id => stageOf(views, id) === 'pending');
  const view = views.get(winner);
  if (stronger !== undefined && !openIncident(input)) {
    return {
      decision: 'ignore',
      reasons: [
        `${winner} has its quorum, but so has ${stronger}, which takes precedence and is not sustained yet`,
      ],
      reconsiderAt: views.get(stronger)?.sustainedAt,
    };
  }
  return view ? withQuorum(input, winner, view) : withoutQuorum(input, views);
}

function viewAll({ plan, signals, incident, now }: DecideInput): Map<string, QuorumView> {
  const views = new Map<string, QuorumView>();
  const states = 'value' in signals ? signals.value : [];
  const last = 'value' in incident ? incident.value : null;
  for (const [id, { trigger, manualOnly }] of Object.entries(plan.scenarios)) {
    if (!trigger || manualOnly) continue;
    const handledUntil = last?.scenario === id ? last.resolvedAt : undefined;
    views.set(id, viewQuorum({ signals: plan.signals, trigger, states, now, handledUntil }));
  }
  return views;
}

/** No scenario has a sustained quorum. */
function withoutQuorum(input: DecideInput, views: ReadonlyMap<string, QuorumView>): Decision {
  const open = openIncident(input);
  if (open) return attach(open, open.scenario, false, [`the incident ${open.id} is open`]);
  const reasons: string[] = [];
  for (const [id, view] of views) {
    const text = explain(id, view, input.plan.scenarios[id]?.trigger?.quorum ?? 0);
    if (text) reasons.push(text);
  }
  const times = [...views.values()].flatMap(view =>
    view.stage === 'pending' && view.sustainedAt ? [view.sustainedAt] : [],
  );
  return {
    decision: 'ignore',
    reasons: reasons.length > 0 ? reasons : ['no signal fires'],
    reconsiderAt: times.sort()[0],
  };
}

/** A scenario has all the evidence that it asks for; now the other guards. */
function withQuorum(input: DecideInput, id: string, view: QuorumView): Decision {
  const { incident, lock, automation, plan } = input;
  const evidence = explain(id, view, plan.scenarios[id]?.trigger?.quorum ?? 0) ?? id;
  if ('unreadable' in incident) return refuse(id, [evidence, unread('the incident', incident)]);
  if (incident.value?.status === 'open') {
    const other = incident.value.scenario !== id;
    const advice = `${id} has its evidence too; decide whether to abort ${incident.value.scenario} and start ${id}`;
    return attach(incident.value, incident.value.scenario, other, other ? [evidence, advice] : [evidence]);
  }
  if ('unreadable' in lock) return refuse(id, [evidence, unread('the lock', lock)]);
  if (lock.value && isLive(lock.value, input.now)) return refuse(id, [evidence, occupied(lock.value)]);
  if ('unreadable' in automation) return refuse(id, [evidence, unread('the automation switch', automation)]);
  const objections = whyAsk(input, id, incident.value, automation.value);
  return {
    decision: 'open',
    scenario: id,
    mode: 'recover',
    startRun: objections.length === 0,
    outageStartedAt: view.outageStartedAt ?? input.now,
    page: objections.length > 0,
    reasons: [evidence, ...objections],
  };
}

/** Why a person starts the run, although the evidence is there. */
function whyAsk(
  { plan, now }: DecideInput,
  id: string,
  last: Incident | null,
  automation: Automation,
): string[] {
  const scenario = plan.scenarios[id];
  const reasons: string[] = [];
  if (scenario?.trigger?.start === 'manual') reasons.push(`the plan wants a person to start ${id}`);
  if (scenario && !scenario.modes.includes('recover')) reasons.push(`${id} has no mode "recover"`);
  if (automation.state === 'off') {
    const { at, by, reason } = automation;
    reasons.push(at === undefined ? reason : `automation is switched off by ${by}: ${reason}`);
  }
  if (last?.resolvedAt) {
    const endMs = Date.parse(last.resolvedAt) + (scenario?.trigger?.coolDown ?? 0) * 1000;
    if (Date.parse(now) < endMs) {
      reasons.push(`the cool-down after ${last.id} lasts until ${new Date(endMs).toISOString()}`);
    }
  }
  return reasons;
}

function openIncident({ incident }: { incident: Reading<Incident | null> }): Incident | undefined {
  return 'value' in incident && incident.value?.status === 'open' ? incident.value : undefined;
}

function attach(incident: Incident, scenario: string, page: boolean, reasons: string[]): Decision {
  const startRun = incident.startRun && incident.executionArn === undefined;
  return {
    decision: 'attach',
    scenario,
    mode: incident.mode,
    incidentId: incident.id,
    startRun,
    page,
    reasons,
  };
}

function refuse(scenario: string, reasons: string[]): Decision {
  return { decision: 'refuse', scenario, page: true, reasons };
}

function stageOf(views: ReadonlyMap<string, QuorumView>, id: string): QuorumView['stage'] | undefined {
  return views.get(id)?.stage;
}
