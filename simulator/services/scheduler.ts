import { sleep } from '../world/sleep.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

type Schedule = { name: string; group: string; atMs: number; target: string; input: string; token: string };
type SchedulerState = {
  waiting: Map<string, Schedule>;
  /** Calls a function as the scheduler does; the rehearsal puts it here. */
  call: (functionArn: string, input: string) => void;
};

/** Precision of EventBridge Scheduler. Source: its user guide, "Schedule types". */
const precisionSeconds = { minSeconds: 0, likelySeconds: 20, maxSeconds: 60 };
/** Timers count in 32 bits; a longer wait is made of several. */
const longestSleepMs = 20 * 86_400_000;

/** One-time schedules of EventBridge Scheduler in the plan's recovery region; each deletes itself. */
export const service: SimulatedService = {
  name: 'scheduler',
  operations: { CreateSchedule: create },
};

export function schedulerOf(world: World): SchedulerState {
  return world.state<SchedulerState>('scheduler', () => ({ waiting: new Map(), call: () => undefined }));
}

/** When the last schedule that is waiting calls; undefined when none is. */
export function lastScheduleMs(world: World): number | undefined {
  const times = [...schedulerOf(world).waiting.values()].map(({ atMs }) => atMs);
  return times.length > 0 ? Math.max(...times) : undefined;
}

function create(world: World, { input }: Call): { ScheduleArn: string } {
  const {
    Name,
    GroupName = 'default',
    ScheduleExpression,
    ClientToken = '',
  } = input as Record<string, string>;
  const target = input.Target as { Arn?: string; RoleArn?: string; Input?: string } | undefined;
  const time = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(ScheduleExpression ?? '')?.[1];
  if (!/^[\w.-]{1,64}$/.test(Name ?? '') || !time || !target?.Arn || !target.RoleArn) {
    throw new SimulatedAwsError('ValidationException', 'Invalid Schedule: its name, time or target.');
  }
  const key = `${GroupName}/${Name}`;
  const known = schedulerOf(world).waiting.get(key);
  const arn = `arn:aws:scheduler:${world.plan.regions.recovery}:123456789012:schedule/${key}`;
  if (known && known.token !== ClientToken) {
    throw new SimulatedAwsError('ConflictException', `Schedule ${Name} already exists.`, 409);
  }
  if (known) return { ScheduleArn: arn };
  const schedule: Schedule = {
    name: Name ?? '',
    group: GroupName,
    atMs: Date.parse(`${time}Z`),
    target: target.Arn,
    input: target.Input ?? '{}',
    token: ClientToken,
  };
  schedulerOf(world).waiting.set(key, schedule);
  void callLater(world, key, schedule);
  return { ScheduleArn: arn };
}

async function callLater(world: World, key: string, schedule: Schedule): Promise<void> {
  const late = world.duration(precisionSeconds, `schedule/${key}`) * 1000;
  for (let leftMs = schedule.atMs + late - world.nowMs(); leftMs > 0; ) {
    const step = Math.min(leftMs, longestSleepMs);
    await sleep(step);
    leftMs -= step;
  }
  const { waiting, call } = schedulerOf(world);
  waiting.delete(key);
  call(schedule.target, schedule.input);
}
