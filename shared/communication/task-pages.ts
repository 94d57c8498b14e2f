import type { Runtime } from '../runtime.ts';
import { head, type Visitor } from './decide-pages.ts';
import { type PageContent, type PageResponse, respond } from './page.ts';
import type { Task } from './task-record.ts';
import { formatTime, nameOf } from './wording.ts';

/** A task that goes on after the run, with the button to say that it is done, for those whose task it is. */
export function showTask(runtime: Runtime, visitor: Visitor, task: Task, notice?: string): PageResponse {
  const own = task.owners.includes(visitor.person);
  if (task.done || !own) return respond(own ? 409 : 403, taskPage(runtime, visitor, task));
  return respond(notice ? 400 : 200, {
    ...taskPage(runtime, visitor, task),
    ...(notice && { notice }),
    form: {
      heading: 'Is it done?',
      token: visitor.token,
      choices: [
        {
          value: 'done',
          label: 'Done',
          means: `${nameOf(runtime.plan, visitor.person)} is named in the report.`,
          tone: 'yes',
        },
      ],
      reason: task.evidence
        ? { label: 'Evidence', hint: `needed: ${task.evidence}`, required: true }
        : { label: 'What was done', hint: 'goes into the report; may be empty' },
    },
  });
}

export function taskPage(runtime: Runtime, visitor: Visitor, task: Task): PageContent {
  const lines = task.text.split('\n').filter(line => line.trim() !== '');
  const overdue = Date.parse(task.dueAt) < runtime.clock.now().getTime();
  const by = formatTime(task.dueAt);
  return {
    ...head(runtime, visitor.incident),
    // The banner of a run speaks of decisions; here the run is over, or goes on by itself.
    mode: undefined,
    title: task.title,
    lead: task.done
      ? `Done by ${nameOf(runtime.plan, task.done.by)} at ${formatTime(task.done.at)}.`
      : overdue
        ? `Overdue since ${by}.`
        : `Due by ${by}.`,
    sections: [
      ...(lines.length > 0 ? [{ heading: 'What to do', lines }] : []),
      ...(task.obligation ? [{ heading: 'Why the date matters', lines: [task.obligation] }] : []),
      ...(task.done?.evidence ? [{ heading: 'Evidence', lines: [task.done.evidence] }] : []),
    ],
    people: task.owners.map(person => ({
      name: nameOf(runtime.plan, person),
      state: task.done?.by === person ? 'has done it' : '',
    })),
    peopleHeading: 'Whose task it is',
  };
}
