import { action as invalidate } from '../../shared/actions/cloudfront/invalidate.ts';
import { action as switchOrigin } from '../../shared/actions/cloudfront/switch-origin.ts';
import { cloudFrontRegion } from '../../shared/traffic/distributions.ts';
import { distributionsOf, maintenanceOrigin, type SimulatedDistribution } from '../world/distributions.ts';
import { keepHistory, seenState } from '../world/history.ts';
import {
  type Blow,
  type Call,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';

type Invalidation = { distribution: string; id: string; reference: string; paths: string; done: boolean };

const invalidationsOf = (world: World) => world.state<Invalidation[]>('invalidations', () => []);

/** Amazon CloudFront. Its control plane answers in us-east-1 only, and is gone when that region is. */
export const service: SimulatedService = {
  name: 'cloudfront',
  operations: {
    GetDistribution: (world, call) => {
      const { distributionId, domainName, changes, version, ...rest } = distributionIn(
        shown(world, call),
        call,
      );
      return {
        ETag: `E${version}`,
        Distribution: {
          Id: distributionId,
          ARN: `arn:aws:cloudfront::123456789012:distribution/${distributionId}`,
          DomainName: domainName,
          Status: changes > 0 ? 'InProgress' : 'Deployed',
          InProgressInvalidationBatches: 0,
          LastModifiedTime: world.now(),
          DistributionConfig: configOf({ distributionId, ...rest }),
        },
      };
    },
    GetDistributionConfig: (world, call) => {
      const found = distributionIn(shown(world, call), call);
      return { ETag: `E${found.version}`, DistributionConfig: configOf(found) };
    },
    UpdateDistribution: update,
    CreateInvalidation: createInvalidation,
    GetInvalidation: (world, call) => {
      shown(world, call);
      const found = invalidationsOf(world).find(one => one.id === call.input.Id);
      if (!found) throw new SimulatedAwsError('NoSuchInvalidation', 'The invalidation does not exist.', 404);
      return { Invalidation: described(world, found) };
    },
  },
  arrange(world) {
    if (distributionsOf(world).length > 0) keepHistory(world, 'cloudfront', () => distributionsOf(world));
  },
  strike,
};

function shown(world: World, { region }: Call): readonly SimulatedDistribution[] {
  if (region !== cloudFrontRegion)
    throw new SimulatedAwsError('UnknownEndpoint', `CloudFront does not answer in ${region}`);
  return seenState(world, 'cloudfront', distributionsOf(world));
}

function distributionIn(all: readonly SimulatedDistribution[], { input }: Call): SimulatedDistribution {
  const found = all.find(({ distributionId }) => distributionId === (input.Id ?? input.DistributionId));
  if (found) return found;
  throw new SimulatedAwsError('NoSuchDistribution', 'The specified distribution does not exist.', 404);
}

function configOf({
  distributionId,
  hosts,
  target,
  enabled,
}: Pick<SimulatedDistribution, 'distributionId' | 'hosts' | 'target' | 'enabled'>) {
  const Items = Object.entries(hosts).map(([Id, DomainName]) => ({ Id, DomainName }));
  return {
    CallerReference: distributionId,
    Comment: '',
    Enabled: enabled,
    Origins: { Quantity: Items.length, Items },
    OriginGroups: { Quantity: 0 },
    DefaultCacheBehavior: { TargetOriginId: target, ViewerProtocolPolicy: 'redirect-to-https' },
    CacheBehaviors: { Quantity: 0 },
  };
}

function update(world: World, call: Call): unknown {
  shown(world, call);
  const found = distributionIn(distributionsOf(world), call);
  if (call.input.IfMatch !== `E${found.version}`) {
    const message = 'The precondition in one or more of the request fields evaluated to false.';
    throw new SimulatedAwsError('PreconditionFailed', message, 412);
  }
  const config = call.input.DistributionConfig as ReturnType<typeof configOf>;
  const target = config.DefaultCacheBehavior.TargetOriginId;
  if (!(target in found.hosts)) {
    throw new SimulatedAwsError('NoSuchOrigin', 'One or more of your origins do not exist.', 404);
  }
  point(world, found, target, 'lifeboat');
  return { ETag: `E${found.version}` };
}

function point(world: World, found: SimulatedDistribution, target: string, by: 'lifeboat' | 'person'): void {
  found.target = target;
  found.version += 1;
  found.changes += 1;
  const resource = `distribution/${found.id}`;
  world.changed(resource, `Its default behaviour leads to ${target}`, by);
  const seconds = world.duration(switchOrigin.typical, `${resource}/${found.version}`);
  world.after(seconds, resource, `All edges go to ${target}`, () => {
    found.changes -= 1;
    found.served = target;
  });
}

function createInvalidation(world: World, call: Call): unknown {
  const { distributionId } = distributionIn(shown(world, call), call);
  const batch = call.input.InvalidationBatch as { CallerReference: string; Paths: { Items: string[] } };
  const all = invalidationsOf(world);
  const paths = batch.Paths.Items.join(' ');
  const same = all.find(
    one => one.distribution === distributionId && one.reference === batch.CallerReference,
  );
  if (same && same.paths !== paths) {
    const message = 'Your request contains a caller reference that was used for a previous invalidation.';
    throw new SimulatedAwsError('InvalidArgument', message);
  }
  if (same) return { Invalidation: described(world, same) };
  const id = `I${String(all.length + 1).padStart(13, '0')}`;
  const made = { distribution: distributionId, id, reference: batch.CallerReference, paths, done: false };
  all.push(made);
  const resource = `distribution/${distributionId}`;
  world.changed(resource, `Edges are to forget ${paths}`, 'lifeboat');
  world.after(
    world.duration(invalidate.typical, `${resource}/${id}`),
    resource,
    'Edges have forgotten',
    () => {
      made.done = true;
    },
  );
  return { Invalidation: described(world, made) };
}

function described(world: World, { id, reference, paths, done }: Invalidation) {
  const Items = paths.split(' ');
  return {
    Id: id,
    Status: done ? 'Completed' : 'InProgress',
    CreateTime: world.now(),
    InvalidationBatch: { CallerReference: reference, Paths: { Quantity: Items.length, Items } },
  };
}

/** A failure is a distribution that somebody pointed at an origin which answers nobody. */
function strike(world: World, { type, component }: Blow): (() => boolean) | undefined {
  if (component.type !== 'cloudfront-distribution' || (type !== 'failure' && type !== 'loss'))
    return undefined;
  const all = distributionsOf(world);
  const found = all.find(({ id }) => id === component.id);
  if (!found) return undefined;
  if (type === 'failure') {
    found.served = maintenanceOrigin;
    point(world, found, maintenanceOrigin, 'person');
    return () => found.served === maintenanceOrigin;
  }
  found.enabled = false;
  all.splice(all.indexOf(found), 1);
  world.changed(`distribution/${found.id}`, 'It was deleted', 'person');
  return () => !found.enabled;
}
