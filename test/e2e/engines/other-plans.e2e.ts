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

/**
 * Phases of the same shape are the same for an engine, and all of LIQUID ABT are played beside this file. Of the other
 * plans those runbooks are played that have a new one; with LIFEBOAT_ALL_RUNBOOKS, all of them.
 */
const known = process.env.LIFEBOAT_ALL_RUNBOOKS ? undefined : new Set<string>();
await goodWays('liquid-abt', known);
const paths: Path[] = [];
for (const system of ['ag-botkit', 'ai-crypto-trading-bot', 'fusion-bitcoin-bridge', 'waqiti']) {
  paths.push(...(await goodWays(system, known)));
}

playRunbooks([...paths, ...failing]);
