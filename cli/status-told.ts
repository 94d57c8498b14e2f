import type { EntryOf } from '../shared/incident/entries.ts';
import { clockTime } from '../shared/report/time.ts';
import { oneLine } from './paint.ts';
import { nameOf, row, type StatusView } from './status-view.ts';

/** Who was told, who was not, and how far it was escalated. */
export function toldLines(view: StatusView): string[] {
  const { plan, incident: found, paint } = view;
  const messages = found.ledger.flatMap(({ at, entry }) => (entry.type === 'message' ? [{ at, entry }] : []));
  const audiences = plan.scenarios[found.incident.scenario]?.audiences ?? [];
  const told = audiences.flatMap(id => {
    const last = messages.findLast(({ entry }) => entry.audience === id && entry.status === 'sent');
    return last ? [`${titleOf(view, id)} ${clockTime(last.at)} (${last.entry.template})`] : [];
  });
  const untold = audiences.filter(
    id => !messages.some(({ entry }) => entry.audience === id && entry.status === 'sent'),
  );
  const failed = notDelivered(messages.map(({ entry }) => entry));
  const level = found.ledger.findLast(
    ({ entry }) => entry.type === 'escalated' && entry.task === undefined,
  )?.entry;
  return [
    ...(told.length > 0 ? [row('told', told.join(', '))] : []),
    ...(untold.length > 0
      ? [row('not told', paint.warn(untold.map(id => titleOf(view, id)).join(', ')))]
      : []),
    ...(failed.length > 0 ? [row('not sent', paint.bad(failed.join(', ')))] : []),
    ...(level?.type === 'escalated'
      ? [row('escalated', `level ${level.level}: ${level.people.map(id => nameOf(view, id)).join(', ')}`)]
      : []),
  ];
}

/** Messages whose last try failed, as `template to audience: error`. */
function notDelivered(messages: readonly EntryOf<'message'>[]): string[] {
  const last = new Map(messages.map(message => [message.key, message]));
  return [...last.values()]
    .filter(({ status }) => status === 'failed')
    .map(({ template, audience, error }) =>
      oneLine(`${template} to ${audience}${error ? `: ${error}` : ''}`),
    );
}

function titleOf(view: StatusView, id: string): string {
  return view.plan.audiences[id]?.title ?? nameOf(view, id);
}
