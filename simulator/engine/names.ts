import { createHash } from 'node:crypto';
import { SimulatedAwsError } from '../world/world.ts';
import type { LoadedMachine } from './machines.ts';

/** Step Functions refuses white space, wildcards, brackets and control characters, and more than 80 characters. */
export function checkName(name: string): void {
  if (/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u.test(name)) return;
  throw new SimulatedAwsError('InvalidName', `Invalid Name: '${name}'`);
}

export function executionArn(machine: LoadedMachine, name: string): string {
  return `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
}

/** AWS gives a random UUID; here it is the same in every run with the same seed. */
export function generatedName(machineArn: string, count: number): string {
  const hex = createHash('sha256').update(`${machineArn}#${count}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
