import { knownFaults } from '../../simulator/faults/faults.ts';
import { cell, table } from './markdown.ts';

/** docs/reference/faults.md: what can go wrong in a rehearsal beside the disaster itself. */
export function faultsPage(): string {
  const rows = Object.entries(knownFaults).map(([name, does]) => [`\`${name}\``, cell(does)]);
  return `# Faults

What can be given to \`lifeboat rehearse --fault\`, beside the disaster that the scenario is about. Services are named by
their IAM prefix, and what hits a call passes by itself; only a region that is lost stays lost. This page is made from
the code.

${table(['fault', 'does'], rows)}`;
}
