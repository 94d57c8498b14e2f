import { expect, it } from 'vitest';
import { buildAlarmName, buildExecutionArn, parseAlarmName } from '../../shared/aws/names.ts';

it('finds the signal in the name of an alarm of this system, and in no other', () => {
  const name = buildAlarmName('liquid-abt', 'outside-heartbeat');
  expect(name).toBe('lifeboat-liquid-abt-outside-heartbeat');
  expect(parseAlarmName(name, 'liquid-abt')).toBe('outside-heartbeat');
  expect(parseAlarmName(name, 'shop')).toBeUndefined();
  expect(parseAlarmName('lifeboat-liquid-abt-', 'liquid-abt')).toBeUndefined();
});

it('knows the ARN of an execution from its state machine and name', () => {
  expect(buildExecutionArn('arn:aws:states:ap-southeast-4:123456789012:stateMachine:a-b', 'run-1')).toBe(
    'arn:aws:states:ap-southeast-4:123456789012:execution:a-b:run-1',
  );
});
