import { failure } from './functions.ts';
import { goodWays, type Path, playRunbooks } from './runbooks.ts';

const system = 'liquid-abt';
const region = { system, scenario: 'region-failure' } as const;
/** A small runbook, whose frame is that of all the others. */
const small = { system, scenario: 'database-failure', mode: 'recover' } as const;
const broken = [failure('InvalidInputError')];

const otherWays: Path[] = [
  { ...region, mode: 'drill', ends: 'SUCCEEDED' },
  { ...region, mode: 'dry-run', ends: 'SUCCEEDED' },
  { ...region, mode: 'recover', faults: ['no-approval'], ends: 'FAILED' },
  { ...region, mode: 'recover', faults: ['build-failed'], ends: 'FAILED' },
  { ...region, mode: 'recover', faults: ['kms-key-missing'], ends: 'FAILED' },
  { ...region, mode: 'recover', faults: ['handler-crash:rds'], ends: 'SUCCEEDED' },
  { ...small, instead: { open: [{ opened: 'attached', run: null }] }, ends: 'SUCCEEDED' },
  { ...small, instead: { open: [{ opened: 'refused', run: null }] }, ends: 'FAILED' },
  { ...small, instead: { open: broken }, ends: 'FAILED' },
  { ...small, instead: { close: broken }, ends: 'FAILED' },
  { ...small, instead: { report: broken }, ends: 'SUCCEEDED' },
  { ...small, instead: { communicate: [...broken, { next: 'done', waitSeconds: 0 }] }, ends: 'SUCCEEDED' },
  { ...small, instead: { 'phase-started': broken, close: [{ outcome: 'failed' }] }, ends: 'FAILED' },
];

playRunbooks([...(await goodWays(system)), ...otherWays]);
