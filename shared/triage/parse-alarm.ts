import * as z from 'zod';
import { buildAlarmName } from '../aws/names.ts';
import type { Plan } from '../plan/schema.ts';
import { awsTime } from './event-bridge.ts';
import type { Signal } from './signal.ts';

const stateValue = z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']);

/**
 * `detail` of "CloudWatch Alarm State Change", for metric and composite alarms.
 * Source: CloudWatch user guide, "Alarm events and EventBridge".
 */
export const alarmDetailSchema = z.looseObject({
  alarmName: z.string(),
  state: z.looseObject({
    value: stateValue,
    timestamp: awsTime,
    reason: z.string().default(''),
    /** Composite alarms: WaitPeriod, ExtensionPeriod or Alarm. */
    actionsSuppressedBy: z.string().optional(),
  }),
  muteDetail: z.looseObject({ muteWindowStart: awsTime, muteWindowEnd: awsTime }).optional(),
});

/** The JSON in an SNS message that an alarm action published. Source: CloudWatch user guide, "Notifying users". */
export const alarmMessageSchema = z.looseObject({
  AlarmName: z.string(),
  NewStateValue: stateValue,
  NewStateReason: z.string().default(''),
  StateChangeTime: awsTime,
});

/** An alarm's change of state, whichever way it came. */
export type AlarmChange = {
  alarmName: string;
  value: z.output<typeof stateValue>;
  at: string;
  reason: string;
  /** Why people have asked not to act on this alarm now. */
  silenced?: string;
  eventId: string;
};

export function fromDetail(detail: z.output<typeof alarmDetailSchema>, eventId: string): AlarmChange {
  const { alarmName, state, muteDetail } = detail;
  const change = { alarmName, value: state.value, at: state.timestamp, reason: state.reason, eventId };
  const silenced = whySilenced(state.timestamp, state.actionsSuppressedBy, muteDetail);
  return silenced ? { ...change, silenced } : change;
}

export function fromMessage(message: z.output<typeof alarmMessageSchema>, eventId: string): AlarmChange {
  return {
    alarmName: message.AlarmName,
    value: message.NewStateValue,
    at: message.StateChangeTime,
    reason: message.NewStateReason,
    eventId,
  };
}

/** The signals of the plan that this alarm is: by its name in the plan, or as an alarm that we deployed. */
export function alarmSignals(plan: Plan, change: AlarmChange): Signal[] {
  const signals: Signal[] = [];
  for (const [id, signal] of Object.entries(plan.signals)) {
    const isAlarm = signal.type === 'alarm' && signal.alarmName === change.alarmName;
    const isOurs = buildAlarmName(plan.system.id, id) === change.alarmName;
    const isHeartbeat = signal.type === 'heartbeat' && isOurs;
    if (!isAlarm && !isHeartbeat && !(signal.type === 'metric' && isOurs)) continue;
    const state = stateOf(change, isHeartbeat);
    // The alarm fires when heartbeats have been missing for so long already.
    const lateMs = signal.type === 'heartbeat' && state === 'firing' ? signal.missing * 1000 : 0;
    const said = `alarm ${change.alarmName} is ${change.value}${change.silenced ? `, ${change.silenced}` : ''}`;
    signals.push({
      signal: id,
      observer: signal.observer,
      state,
      at: change.at,
      since: new Date(Date.parse(change.at) - lateMs).toISOString(),
      eventId: change.eventId,
      subject: '',
      what: change.reason ? `${said}: ${change.reason}` : said,
    });
  }
  return signals;
}

function stateOf({ value, silenced }: AlarmChange, isHeartbeat: boolean): Signal['state'] {
  if (value === 'OK') return 'clear';
  if (silenced) return 'unknown';
  if (value === 'ALARM') return 'firing';
  // No data says nothing about a metric, but a heartbeat that is not there is what its alarm is for.
  return isHeartbeat ? 'firing' : 'unknown';
}

/**
 * A suppressor alarm or a mute window means that people said: do not act on this now. WaitPeriod is only CloudWatch
 * waiting whether the suppressor will come, so the alarm counts; the trigger's own time has to pass anyway.
 */
function whySilenced(
  at: string,
  suppressedBy: string | undefined,
  mute: { muteWindowStart: string; muteWindowEnd: string } | undefined,
): string | undefined {
  if (suppressedBy === 'Alarm' || suppressedBy === 'ExtensionPeriod') return 'suppressed by another alarm';
  if (mute && mute.muteWindowStart <= at && at < mute.muteWindowEnd)
    return `muted until ${mute.muteWindowEnd}`;
  return undefined;
}
