import { choices, type Question } from '../shared/communication/question-record.ts';
import { clockTime } from '../shared/report/time.ts';
import { duration } from '../shared/report/words.ts';
import { oneLine } from './paint.ts';
import { nameOf, type StatusView } from './status-view.ts';

/** What waits for people, first of all: who is asked what, how long there is, and the command for each answer. */
export function questionLines(view: StatusView): string[] {
  return view.incident.waiting.flatMap(question => [
    view.paint.warn(view.paint.bold(`WAITS FOR ${whoFor(view, question)}: ${oneLine(question.title)}`)),
    ...question.shows.map(line => `  ${oneLine(line)}`),
    `  ${timeLeft(view, question)}${agreement(view, question)}`,
    ...answerCommands(view, question),
  ]);
}

/** People of whom an answer is still missing. */
function open({ askedOf, answers }: Question): string[] {
  return askedOf.filter(id => !answers.some(({ person }) => person === id));
}

function whoFor(view: StatusView, question: Question): string {
  return open(question)
    .map(id => nameOf(view, id))
    .join(' or ');
}

function timeLeft({ now, paint }: StatusView, { expiresAt }: Question): string {
  const left = (Date.parse(expiresAt) - now.getTime()) / 1000;
  const until = `until ${clockTime(expiresAt)} UTC`;
  return left <= 0 ? `${until}, ${paint.bad('time is up')}` : `${until}, ${duration(left)} left`;
}

function agreement(view: StatusView, { answers, quorum }: Question): string {
  if (quorum === 1) return '';
  const given = answers.map(({ person, value }) => `${nameOf(view, person)}: ${value}`).join(', ');
  return `; ${quorum} have to agree${given ? ` (${given})` : ''}`;
}

function answerCommands({ planPath }: StatusView, question: Question): string[] {
  const [first, ...others] = open(question);
  const by = others.length > 0 || first === undefined ? 'PERSON' : first;
  const commands = choices[question.kind].map(({ value, means, why }) => {
    // Aborting a step is aborting the run; there is one command for it.
    const command = value === 'abort' ? `abort ${planPath}` : `${value} ${planPath} ${question.id}`;
    return { text: `npx lifeboat ${command} --by ${by}${why ? ' --reason "WHY"' : ''}`, means };
  });
  const width = Math.max(...commands.map(({ text }) => text.length));
  const people = by === 'PERSON' ? [`  PERSON is one of: ${open(question).join(', ')}`] : [];
  return [...commands.map(({ text, means }) => `  ${text.padEnd(width)}  ${means}`), ...people];
}
