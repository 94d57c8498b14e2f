import type { Plan } from '../../shared/plan/schema.ts';
import {
  type Call,
  hashToUnit,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';

type Key = { arn: string; state: 'Enabled' | 'Disabled' | 'PendingDeletion' };
/** Keys by region and by every name that they go by (ARN, id, alias). */
type KmsState = Map<string, Key>;

const accountId = '123456789012';

/** ARN of the key behind an id, ARN or alias; the same in every run. */
export function keyArnOf(world: World, region: string, key: string): string {
  return kmsState(world).get(`${region}/${key}`)?.arn ?? arnFor(region, key);
}

export function keyIsEnabled(world: World, region: string, key: string): boolean {
  return kmsState(world).get(`${region}/${key}`)?.state === 'Enabled';
}

/** Changes a key's state, as a person would with DisableKey or ScheduleKeyDeletion. */
export function setKeyState(world: World, region: string, key: string, state: Key['state']): void {
  const found = kmsState(world).get(`${region}/${key}`);
  if (found) found.state = state;
}

export const service: SimulatedService = {
  name: 'kms',
  operations: { DescribeKey: describeKey },
  arrange(world, plan: Plan) {
    for (const component of Object.values(plan.components)) {
      if (!('kmsKey' in component) || component.kmsKey === undefined) continue;
      addKey(world, component.region, component.kmsKey);
    }
    for (const backup of Object.values(plan.backups)) {
      const known = 'kmsKey' in backup && 'region' in backup && backup.kmsKey !== undefined;
      if (known && backup.kmsKey && !kmsState(world).has(`${backup.region}/${backup.kmsKey}`)) {
        addKey(world, backup.region, backup.kmsKey);
      }
    }
  },
};

/** With the fault `kms-key-missing` the key was never made in this region, or waits to be deleted. */
function addKey(world: World, region: string, name: string): void {
  const missing = world.faults.has('kms-key-missing');
  if (missing && world.random(`kms-key-missing/${region}/${name}`) < 0.5) return;
  const arn = arnFor(region, name);
  const key: Key = { arn, state: missing ? 'PendingDeletion' : 'Enabled' };
  for (const alias of [name, arn, arn.slice(arn.lastIndexOf('/') + 1)]) {
    kmsState(world).set(`${region}/${alias}`, key);
  }
}

function describeKey(world: World, call: Call): unknown {
  const id = String(call.input.KeyId);
  const key = kmsState(world).get(`${call.region}/${id}`);
  if (!key) throw new SimulatedAwsError('NotFoundException', `Key '${id}' does not exist`);
  return {
    KeyMetadata: {
      Arn: key.arn,
      KeyId: key.arn.slice(key.arn.lastIndexOf('/') + 1),
      KeyState: key.state,
      Enabled: key.state === 'Enabled',
    },
  };
}

function arnFor(region: string, name: string): string {
  if (name.startsWith('arn:') && name.includes(':key/')) return name;
  const hex = [0, 1, 2, 3]
    .map(part =>
      Math.floor(hashToUnit(part, `kms/${region}/${name}`) * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('');
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  );
  return `arn:aws:kms:${region}:${accountId}:key/${uuid}`;
}

function kmsState(world: World): KmsState {
  return world.state<KmsState>('kms', () => new Map());
}
