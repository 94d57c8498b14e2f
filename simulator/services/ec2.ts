import { componentsOf } from '../world/addresses.ts';
import { menders } from '../world/assumed-repairs.ts';
import {
  addInstance,
  fleetOf,
  lostZones,
  type SimulatedInstance,
  setAnswers,
  works,
} from '../world/fleet.ts';
import { keepHistory } from '../world/history.ts';
import { setSick } from '../world/load-balancing.ts';
import type { Blow, SimulatedService, World } from '../world/world.ts';
import {
  arrangeFirewalls,
  authorizeIngress,
  createAclEntry,
  deleteAclEntry,
  describeAcls,
  describeRules,
  firewallsOf,
  revokeIngress,
} from './ec2/firewalls.ts';
import {
  badReleases,
  describeInstanceStatus,
  describeInstances,
  modifyNetworkInterface,
  rebootInstances,
} from './ec2/instances.ts';
import { copySnapshot, createSnapshots, describeSnapshots, snapshotsOf } from './ec2/snapshots.ts';
import { createSnapshot, deleteSnapshot, describeVolumes } from './ec2/volumes.ts';

/** EC2's own recovery of an instance whose host fails: minutes (EC2 User Guide, automatic instance recovery). */
const recoveryDuration = { minSeconds: 120, likelySeconds: 240, maxSeconds: 600 };

/** Amazon EC2: instances, snapshots, and what lets traffic through. */
export const service: SimulatedService = {
  name: 'ec2',
  operations: {
    DescribeInstances: describeInstances,
    DescribeInstanceStatus: describeInstanceStatus,
    RebootInstances: rebootInstances,
    ModifyNetworkInterfaceAttribute: modifyNetworkInterface,
    CreateSnapshots: createSnapshots,
    CopySnapshot: copySnapshot,
    DescribeSnapshots: describeSnapshots,
    DescribeVolumes: describeVolumes,
    CreateSnapshot: createSnapshot,
    DeleteSnapshot: deleteSnapshot,
    DescribeSecurityGroupRules: describeRules,
    RevokeSecurityGroupIngress: revokeIngress,
    AuthorizeSecurityGroupIngress: authorizeIngress,
    DescribeNetworkAcls: describeAcls,
    CreateNetworkAclEntry: createAclEntry,
    DeleteNetworkAclEntry: deleteAclEntry,
  },
  arrange(world, plan) {
    menders(world).set('auto-scaling-group', group => mendInstances(world, membersOf(world, group)));
    menders(world).set('ec2-instances', component => {
      mendInstances(world, membersOf(world, component));
      replaceLost(world, component);
    });
    arrangeFirewalls(world, plan);
    for (const { id, ids, tag, count, region } of componentsOf(plan, 'ec2-instances')) {
      const named = ids ?? Array.from({ length: count }, () => undefined);
      named.forEach((given, number) => {
        if (given && fleetOf(world).some(instance => instance.id === given)) return;
        const tags = { Name: id, ...(tag && { [tag.key]: tag.value }) };
        addInstance(world, {
          key: `${id}/${number}`,
          number,
          region,
          state: 'running',
          tags,
          ...(given && { id: given }),
        });
      });
    }
    keepHistory(world, 'ec2', () => fleetOf(world));
    // One fault makes all reads of the service stale; each part of its state has a past of its own.
    keepPast(world, 'ec2-snapshots', () => snapshotsOf(world));
    keepPast(world, 'ec2-firewalls', () => firewallsOf(world));
  },
  loseRegion(world, region) {
    for (const instance of fleetOf(world)) if (instance.region === region) instance.hostWorks = false;
  },
  loseZone(world, region, zone) {
    lostZones(world).add(`${region}${zone}`);
    const hit = fleetOf(world).filter(
      one => one.region === region && one.zone === zone && one.state === 'running',
    );
    if (hit.length === 0) return undefined;
    for (const instance of hit) breakHost(world, instance, 'The zone of the instance is lost');
    return () => hit.some(stillBroken);
  },
  strike,
};

function keepPast<T>(world: World, key: string, read: () => T): void {
  keepHistory(world, key, read, 'ec2');
}

function breakHost(world: World, instance: SimulatedInstance, what: string): void {
  instance.hostWorks = false;
  setSick(world, instance.id, true);
  world.changed(`ec2/${instance.id}`, what);
}

/** An instance that has left is no damage any more: what replaces it counts, and the group looks after that. */
const stillBroken = (instance: SimulatedInstance) =>
  instance.state !== 'terminated' && instance.state !== 'shutting-down' && !works(instance);

/** Instances that a component means. */
export function membersOf(world: World, component: Blow['component']): SimulatedInstance[] {
  const fleet = fleetOf(world).filter(one => one.region === component.region && one.state !== 'terminated');
  if (component.type === 'auto-scaling-group') return fleet.filter(one => one.group === component.name);
  if (component.type !== 'ec2-instances') return [];
  const { ids, tag } = component;
  return fleet.filter(one =>
    ids ? ids.includes(one.id) : tag !== undefined && one.tags[tag.key] === tag.value,
  );
}

function strike(world: World, blow: Blow): (() => boolean) | undefined {
  const { component } = blow;
  if (component.type !== 'ec2-instances') return undefined;
  const hit = membersOf(world, component);
  switch (blow.type) {
    case 'failure':
      for (const instance of hit) fail(world, instance, blow.cause === 'bad-release', blow.selfHealing);
      return () => hit.some(stillBroken);
    case 'loss':
      for (const instance of hit) {
        instance.state = 'terminated';
        setSick(world, instance.id, true);
        world.changed(`ec2/${instance.id}`, 'The instance is terminated, with what was on it');
      }
      return () => membersOf(world, component).length === 0;
    case 'intrusion':
      for (const instance of hit) {
        instance.intruded = true;
        world.changed(`ec2/${instance.id}`, 'Somebody uses the instance who should not');
      }
      return () =>
        hit.some(
          instance => instance.intruded && instance.state === 'running' && !isIsolated(world, instance),
        );
    case 'corruption':
      return undefined;
  }
}

/** Cut off from everybody: none of its groups has an ingress rule, and none is a group that the plan does not know. */
function isIsolated(world: World, { region, securityGroups }: SimulatedInstance): boolean {
  const known = componentsOf(world.plan, 'security-group').map(({ groupId }) => groupId);
  const { rules } = firewallsOf(world);
  return securityGroups.every(
    id =>
      known.includes(id) &&
      !rules.some(rule => rule.GroupId === id && rule.region === region && !rule.IsEgress),
  );
}

/** Software, release and host are good again; what is terminated stays so. */
function mendInstances(world: World, instances: readonly SimulatedInstance[]): void {
  for (const instance of instances.filter(({ state }) => state === 'running')) {
    badReleases(world).delete(instance.id);
    instance.hostWorks = true;
    setAnswers(world, instance, true, 'The instance answers again');
  }
}

/** What was terminated comes back as new instances with the tag that the plan means; an id never comes back. */
function replaceLost(world: World, component: Blow['component']): void {
  if (component.type !== 'ec2-instances' || component.tag === undefined) return;
  const { id, tag, count, region } = component;
  for (let number = membersOf(world, component).length; number < count; number++) {
    const tags = { Name: id, [tag.key]: tag.value };
    const key = `${id}/replacement/${world.nowMs()}/${number}`;
    const { id: made } = addInstance(world, { key, number, region, state: 'running', tags });
    world.changed(`ec2/${made}`, 'A new instance takes the place of one that was lost');
  }
}

export function fail(world: World, instance: SimulatedInstance, badRelease: boolean, healing: boolean): void {
  if (badRelease) badReleases(world).add(instance.id);
  setAnswers(world, instance, false, 'The instance stops answering');
  if (!healing) return;
  const key = `recovery/${instance.id}`;
  world.after(
    world.duration(recoveryDuration, key),
    `ec2/${instance.id}`,
    'EC2 has recovered the instance',
    () => {
      if (instance.state === 'running') setAnswers(world, instance, true, 'The instance answers again');
    },
  );
}
