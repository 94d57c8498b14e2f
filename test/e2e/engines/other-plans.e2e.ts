import { goodWays, type Path, playRunbooks } from './runbooks.ts';

const failing: Path[] = [
  { system: 'waqiti', scenario: 'full-restore', mode: 'drill', ends: 'SUCCEEDED' },
  { system: 'waqiti', scenario: 'region-disaster', mode: 'recover', faults: ['no-snapshot'], ends: 'FAILED' },
  {
    system: 'ag-botkit',
    scenario: 'region-failure',
    mode: 'recover',
    faults: ['build-failed'],
    ends: 'FAILED',
  },
];

/** Runbooks of the same shape are the same for an engine; those of LIQUID ABT are all played, beside this file. */
const known = new Set<string>();
await goodWays('liquid-abt', known);
const paths: Path[] = [];
for (const system of ['ag-botkit', 'ai-crypto-trading-bot', 'fusion-bitcoin-bridge', 'waqiti']) {
  paths.push(...(await goodWays(system, known)));
}

playRunbooks([...paths, ...failing]);
