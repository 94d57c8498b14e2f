import { isAtLeast } from '../../aws/rds-instance-classes.ts';
import type { ComponentOf } from '../components.ts';
import type { Problem } from '../finding.ts';
import type { CheckContext, LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';
import { bringsUpWriter, isTakenWith, sendsUsersAway } from './step-facts.ts';

type Cluster = ComponentOf<'rds-cluster'>;

export const standbyTooSmall: LintRule = {
  id: 'standby-too-small',
  severity: 'warning',
  reason:
    'A cluster that stands by small to save money is overrun by the users of a whole production: the failover succeeds, and the application is down all the same.',
  check: context =>
    context.scenarios.flatMap(view =>
      view.steps.filter(bringsUpWriter).flatMap(moved => tooSmall(context, view, moved)),
    ),
};

/** What a cluster lacks that is to take over from another one, and whether a step gives it. */
type Gap = { what: string; isClosedBy(placed: PlacedStep): boolean; deadline: PlacedStep };

function tooSmall(context: CheckContext, view: ScenarioView, moved: PlacedStep): Problem[] {
  const { to: id, from } = moved.step.with;
  const standby = clusterOf(context, id);
  const home = clusterOf(context, from);
  if (!standby || !home) return [];
  const traffic = view.steps.find(placed => sendsUsersAway(placed) && isBefore(moved, placed));
  const open = gapsBetween(standby, home, { id, moved, traffic: traffic ?? moved }).filter(
    gap => !isClosed(view, moved, gap),
  );
  if (open.length === 0) return [];
  return [
    {
      rule: standbyTooSmall.id,
      severity: 'warning',
      path: [...moved.path, 'do'],
      message: `"${moved.step.id}" gives production to "${id}", which is smaller than "${from}": ${open.map(({ what }) => what).join('; ')}`,
      mend: 'Make it big enough before: rds.add-readers for instances, rds.scale-serverless for ACU; before users are moved at the latest.',
    },
  ];
}

/** In each mode in which the writer moves, a step that is taken whenever it is has to have ended in time. */
function isClosed(view: ScenarioView, moved: PlacedStep, { isClosedBy, deadline }: Gap): boolean {
  const closing = view.steps.filter(
    placed => isClosedBy(placed) && isBefore(placed, deadline) && isTakenWith(placed, moved),
  );
  return moved.modes.every(mode => closing.some(({ modes }) => modes.includes(mode)));
}

function gapsBetween(
  standby: Cluster,
  home: Cluster,
  { id, moved, traffic }: { id: unknown; moved: PlacedStep; traffic: PlacedStep },
): Gap[] {
  const gaps: Gap[] = [];
  const { instances } = standby;
  if (instances !== undefined && instances < (home.instances ?? 1)) {
    gaps.push({
      what: instances === 0 ? 'it has no instance' : `${instances} instances instead of ${home.instances}`,
      isClosedBy: ({ step }) =>
        step.do === 'rds.add-readers' &&
        step.with.database === id &&
        isEnough(step.with.instances, home.instances ?? 1),
      // RDS makes no cluster the writer that has no instance.
      deadline: instances === 0 ? moved : traffic,
    });
  }
  const { instanceClass: small } = standby;
  const { instanceClass: big } = home;
  if (small && big && small !== big && isAtLeast(big, small)) {
    gaps.push({
      what: `${small} instead of ${big}`,
      isClosedBy: ({ step }) =>
        step.do === 'rds.add-readers' &&
        step.with.database === id &&
        (typeof step.with.class !== 'string' || isAtLeast(step.with.class, big)),
      deadline: traffic,
    });
  }
  const [low, high] = [standby.serverless, home.serverless];
  if (low && high && (low.min < high.min || low.max < high.max)) {
    gaps.push({
      what: `${low.min} to ${low.max} ACU instead of ${high.min} to ${high.max}`,
      isClosedBy: ({ step }) =>
        step.do === 'rds.scale-serverless' &&
        step.with.database === id &&
        isEnough(step.with.min, high.min) &&
        isEnough(step.with.max, high.max),
      deadline: traffic,
    });
  }
  return gaps;
}

/** What is known in the run only may be enough. */
const isEnough = (written: unknown, wanted: number) => typeof written !== 'number' || written >= wanted;

function clusterOf({ plan }: CheckContext, id: unknown): Cluster | undefined {
  const found =
    typeof id === 'string' && Object.hasOwn(plan.components, id) ? plan.components[id] : undefined;
  return found?.type === 'rds-cluster' ? found : undefined;
}
