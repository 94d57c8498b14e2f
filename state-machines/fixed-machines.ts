import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Definition } from './asl.ts';

/** The machines that are the same for every plan. */
export const fixedMachineNames = [
  'step',
  'ask',
  'teardown',
  'communicate',
  'verify',
  'verify-fleet',
] as const;
export type FixedMachineName = (typeof fixedMachineNames)[number];

/** Name of the open ARN of a fixed machine: `StepMachineArn` for `step`. */
export function machineArnName(name: FixedMachineName): string {
  const words = name.split('-').map(word => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}MachineArn`;
}

/** Reads the fixed machines from the YAML files beside this module. ARNs are still open (`${AskMachineArn}`). */
export function loadFixedMachines(): Record<FixedMachineName, Definition> {
  return {
    step: load('step'),
    ask: load('ask'),
    teardown: load('teardown'),
    communicate: load('communicate'),
    verify: load('verify'),
    'verify-fleet': load('verify-fleet'),
  };
}

function load(name: FixedMachineName): Definition {
  const text = readFileSync(new URL(`${name}.asl.yaml`, import.meta.url), 'utf8');
  // Aliases share objects; a definition is plain JSON wherever it goes from here.
  return JSON.parse(JSON.stringify(parse(text))) as Definition;
}
