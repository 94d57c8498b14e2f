import { clockTime } from '../shared/report/time.ts';
import { duration } from '../shared/report/words.ts';
import { oneLine } from './paint.ts';
import { nameOf, type StatusView } from './status-view.ts';

/** What people still have to do around or after the incident, the first due first, with the command to say it is done. */
export function taskLines(view: StatusView): string[] {
  const { now, paint, planPath } = view;
  return view.incident.tasks
    .filter(task => !task.done && task.tell === undefined)
    .flatMap(task => {
      const left = (Date.parse(task.dueAt) - now.getTime()) / 1000;
      const owners = task.owners.map(id => nameOf(view, id)).join(' or ');
      const due = `due ${task.dueAt.slice(0, 10)} ${clockTime(task.dueAt)} UTC`;
      const when =
        left < 0 ? paint.bad(`${due}, overdue by ${duration(-left)}`) : `${due}, ${duration(left)} left`;
      const by = task.owners.length === 1 ? task.owners[0] : 'PERSON';
      const evidence = task.evidence ? ` --reason "${task.evidence}"` : '';
      return [
        `TO DO ${owners}: ${oneLine(task.title)} (${when})`,
        `  npx lifeboat done ${planPath} ${task.id} --by ${by}${evidence}`,
      ];
    });
}
