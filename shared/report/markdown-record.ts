import { sentence } from '../sentence.ts';
import { lambdaAssumption } from './cost.ts';
import { code, list, escapeMarkdown as md, section, table } from './markdown-text.ts';
import type { Report } from './report.ts';
import { clockTime } from './time.ts';
import { duration, grouped, punctuality, usd } from './words.ts';

/** Messages with their deadlines, and what never reached anybody. */
export function messagesSection({ notifications, detail }: Report, name: (id: string) => string): string {
  const rows = notifications.map(message => [
    md(name(message.audience)),
    md(message.template),
    md(message.channel),
    message.sentAt ? clockTime(message.sentAt) : '',
    duration(message.afterSeconds),
    duration(message.dueSeconds),
    message.onTime ? punctuality(message) : `**${punctuality(message)}**`,
  ]);
  const failed = detail.failedMessages.map(
    ({ at, audience, channel, error }) =>
      `${clockTime(at)} ${md(channel)} did not take the message to ${md(name(audience))}: ${md(sentence(error))}`,
  );
  const untold = detail.untold.map(
    ({ audience, dueSeconds }) => `${md(name(audience))} was never told (due after ${duration(dueSeconds)}).`,
  );
  return section(
    'Messages and their deadlines',
    table(['Audience', 'Message', 'Channel', 'Sent (UTC)', 'After', 'Due after', 'In time'], rows),
    list([...untold, ...failed]),
  );
}

/** Every change that the run made, in the order of time. */
export function changesSection({ detail }: Report): string {
  const rows = detail.changes.map(({ at, step, call, region, resource, what }) => [
    clockTime(at),
    code(step),
    code(call),
    md(region),
    code(resource),
    md(what),
  ]);
  const body =
    rows.length > 0 ? table(['At (UTC)', 'Step', 'Call', 'Region', 'Resource', 'What'], rows) : 'None.';
  return section('Changes made in AWS', body);
}

/** The data loss and how it was found. */
export function dataLossSection({ rpo }: Report): string {
  return section('Data loss', `${duration(rpo.actualSeconds)}. ${md(rpo.basis)}`);
}

/** What the outage costs by the plan, and what the run itself cost. */
export function outageCostSection({
  detail,
  estimatedCostUsd,
  stateTransitions,
  lambdaInvocations,
}: Report): string {
  const cost = detail.outageCost;
  const own =
    estimatedCostUsd === null
      ? ''
      : `The run itself cost about ${usd(estimatedCostUsd)}: ${grouped(stateTransitions ?? 0)} state transitions and ${grouped(lambdaInvocations ?? 0)} Lambda calls of ${lambdaAssumption.memoryGb * 1024} MB and ${lambdaAssumption.seconds} s at the least.`;
  if (!cost) return section('Cost', own);
  return section(
    'Cost',
    `${cost.atLeast ? 'At least ' : 'About '}${md(cost.currency)} ${grouped(cost.amount)} for ${duration(cost.outageSeconds)} of outage, at ${md(cost.currency)} ${grouped(cost.perHour)} an hour as the plan has it.`,
    list(cost.entries.map(({ title, amount }) => `${md(title)}: ${md(amount)}`)),
    own,
  );
}

/** Seed, faults, safety rules, and how to run it again; for rehearsals only. */
export function rehearsalSection({ detail, seed, invariants }: Report): string {
  if (!detail.simulated) return '';
  const rules = (invariants ?? []).map(({ name, held, checks, violations }) => [
    md(name),
    held ? 'held' : `**broken** ${md((violations ?? []).join(' '))}`,
    grouped(checks),
  ]);
  return section(
    'Rehearsal',
    `Seed ${seed}. Faults: ${detail.faults.length > 0 ? detail.faults.map(code).join(', ') : 'none'}.`,
    detail.replay ? `The same run again:\n\n\`\`\`sh\n${detail.replay.replace(/\s+/g, ' ')}\n\`\`\`` : '',
    table(['Safety rule', 'Result', 'Checks'], rules),
  );
}

/** What the steps found, and whether the ledger is what it was when it was written. */
export function evidenceSection({ detail }: Report): string {
  const { chain } = detail;
  const found = detail.phases.flatMap(phase =>
    phase.steps.flatMap(step => step.evidence.map(({ what }) => `${md(step.title)}: ${md(sentence(what))}`)),
  );
  const state = chain.verified
    ? 'Every entry still has the hash that it was written with.'
    : `**The chain is broken: ${md(chain.problem ?? '')}.**`;
  return section(
    'Evidence',
    list(found),
    `The ledger has ${chain.entries} entries; the newest has the SHA-256 ${code(chain.head ?? '–')}. ${state}`,
  );
}
