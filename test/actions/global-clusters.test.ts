import { describe, expect, it } from 'vitest';
import type { ClusterComponent } from '../../simulator/services/rds/cluster-components.ts';
import { clusterState, endpointOfCluster } from '../../simulator/services/rds/clusters.ts';
import { globalsOf } from '../../simulator/services/rds/global-clusters.ts';
import { setClusterParameter } from '../../simulator/services/rds/parameter-groups.ts';
import { rdsState } from '../../simulator/services/rds/state.ts';
import { setCertificate } from '../../simulator/world/internet.ts';
import { metricsOf } from '../../simulator/world/metrics.ts';
import type { World } from '../../simulator/world/world.ts';
import {
  type AwsScene,
  inAws,
  openChanges,
  permissionsOf,
  reasonsOf,
  regions,
} from '../support/aws-world.ts';

/** What the kinds of DocumentDB and of Neptune have in common. Aurora's own are in `rds/global-cluster.test.ts`. */

const { primary, recovery } = regions;
const target = 'parks-dr';

function componentsOf(family: string) {
  const type = `${family}-cluster`;
  return {
    parks: { type, region: primary, identifier: 'parks', globalCluster: 'global' },
    standby: { type, region: recovery, identifier: target, globalCluster: 'global' },
    global: {
      type: `${family}-global-cluster`,
      region: recovery,
      identifier: 'parks-global',
      primary: 'parks',
      secondary: 'standby',
    },
  };
}

const members = { global: 'global', to: 'standby', from: 'parks' };
const back = { global: 'global', to: 'parks', from: 'standby' };
const forced = { ...members, maxLoss: '5m' };
const planned = { mode: 'planned' as const };

const begun = (world: World, what: string) => world.changes.filter(change => change.what.includes(what));
const shown = (world: World, region: string, identifier: string) => {
  const cluster = clusterState(world).clusters.get(`${region}/${identifier}`);
  if (!cluster) throw new Error(`there is no ${identifier}`);
  return cluster.shown;
};
const endpointIn = (world: World, id: string) =>
  endpointOfCluster(world.plan.components[id] as ClusterComponent);
async function loseThePrimary({ world, wait }: AwsScene) {
  await wait(240);
  world.loseRegion(primary);
  await wait(300);
}

describe.each([
  { family: 'docdb', port: 27017, said: 'says that it takes writes' },
  { family: 'neptune', port: 8182, said: 'says that it is the writer' },
])('$family', ({ family, port, said }) => {
  const switchover = `${family}.switchover-global-cluster`;
  const failover = `${family}.failover-global-cluster`;
  const components = componentsOf(family);

  it.each([{}, { faults: { 'rds.SwitchoverGlobalCluster': ['lost-reply' as const] } }, { stale: 'rds' }])(
    'is switched over when the other one is the writer and its endpoint answers, under %o',
    options =>
      inAws(
        components,
        async ({ play, world, changes }) => {
          const { seen } = await play(switchover, members, planned);
          const endpoint = endpointIn(world, 'standby');
          expect(seen).toMatchObject({
            status: 'done',
            outputs: { writer: target, endpoint, port, lossSeconds: 0 },
            evidence: [
              { what: expect.stringContaining(said) },
              { what: expect.stringContaining('Nothing is lost') },
            ],
          });
          expect(JSON.stringify(seen)).toContain('No write was made');
          expect(begun(world, 'The switchover of')).toHaveLength(1);
          expect(changes[0]).toMatchObject({ call: 'rds.SwitchoverGlobalCluster', region: primary });
          expect((await play(switchover, members, planned)).preparation.status).toBe('already-done');
        },
        options,
      ),
  );

  it('goes back by a switchover the other way round, and by undo', () =>
    inAws(components, async ({ play }) => {
      const { undo } = await play(switchover, members, planned);
      expect(await undo()).toMatchObject({ status: 'done', outputs: { writer: 'parks' } });
      await play(switchover, members, planned);
      expect((await play(switchover, back, planned)).seen).toMatchObject({ outputs: { writer: 'parks' } });
    }));

  it('does no switchover without the primary region', () =>
    inAws(components, async ({ play, world }) => {
      world.loseRegion(primary);
      const { preparation } = await play(switchover, members, planned);
      expect(JSON.stringify(preparation)).toContain(`Use ${failover} if the region is lost`);
    }));

  it.each<{ title: string; spoil: (world: World) => void; reason: string }>([
    {
      title: 'that does not exist',
      spoil: world => clusterState(world).clusters.delete(`${recovery}/${target}`),
      reason: `There is no cluster ${target}`,
    },
    {
      title: 'without an instance',
      spoil: world => {
        shown(world, recovery, target).DBClusterMembers = [];
      },
      reason: 'has no DB instance',
    },
    {
      title: 'of which no instance is available',
      spoil: world => {
        for (const { region, shown: one } of rdsState(world).instances.values()) {
          if (region === recovery) one.DBInstanceStatus = 'creating';
        }
      },
      reason: `No instance of ${target} is available`,
    },
    {
      title: 'that is being changed',
      spoil: world => {
        shown(world, recovery, target).Status = 'upgrading';
      },
      reason: `${target} in ${recovery} is upgrading`,
    },
    {
      title: 'that lost its key',
      spoil: world => {
        shown(world, recovery, target).Status = 'inaccessible-encryption-credentials';
      },
      reason: 'inaccessible-encryption-credentials',
    },
    {
      title: 'of another engine version',
      spoil: world => {
        shown(world, recovery, target).EngineVersion = '4.0.0';
      },
      reason: 'between equal versions only',
    },
    {
      title: 'of another service',
      spoil: world => {
        shown(world, recovery, target).Engine = 'aurora-postgresql';
      },
      reason: 'runs aurora-postgresql',
    },
  ])('refuses a target $title, whichever way', ({ spoil, reason }) =>
    inAws(components, async ({ play, world, changes }) => {
      spoil(world);
      expect(reasonsOf((await play(switchover, members, planned)).preparation)).toContain(reason);
      const accepted = { ...forced, acceptedRisks: ['data-loss', 'unfenced-writer'] };
      expect(reasonsOf((await play(failover, accepted)).preparation)).toContain(reason);
      expect(changes).toEqual([]);
    }),
  );

  it('refuses a switchover while the primary is being changed, and one that lies too far behind', () =>
    inAws(components, async ({ play, world }) => {
      shown(world, primary, 'parks').Status = 'modifying';
      metricsOf(world).length = 0;
      const { preparation } = await play(switchover, { ...members, maxLag: '10s' }, planned);
      expect(reasonsOf(preparation)).toContain(`parks in ${primary} is modifying`);
      expect(reasonsOf(preparation)).toContain('an unknown time behind');
    }));

  it('refuses a switchover from a primary that could not be the writer again', () =>
    inAws(components, async ({ play, world }) => {
      const source = shown(world, primary, 'parks');
      Object.assign(source, { Status: 'stopped', DBClusterMembers: [] });
      const { preparation } = await play(switchover, members, planned);
      expect(reasonsOf(preparation)).toContain('parks has no DB instance');
      expect(reasonsOf(preparation)).toContain('The cluster parks is stopped');
      clusterState(world).clusters.delete(`${primary}/parks`);
      const gone = await play(switchover, members, planned);
      expect(reasonsOf(gone.preparation)).toContain(`There is no cluster parks in ${primary}`);
    }));

  it.each([{}, { faults: { 'rds.FailoverGlobalCluster': ['lost-reply' as const] } }])(
    'fails over when the region is lost, and says how much can be missing, under %o',
    options =>
      inAws(
        components,
        async scene => {
          await loseThePrimary(scene);
          const { seen } = await scene.play(failover, forced);
          expect(seen).toMatchObject({
            status: 'done',
            outputs: { writer: target, lossSeconds: expect.any(Number) },
          });
          if (seen?.status !== 'done') throw new Error('it is not done');
          const { lossSeconds } = seen.outputs;
          expect(lossSeconds).toBeGreaterThan(0);
          expect(lossSeconds).toBeLessThan(120);
          expect(begun(scene.world, 'The failover of')).toHaveLength(1);
          expect((await scene.play(failover, forced)).preparation.status).toBe('already-done');
        },
        options,
      ),
  );

  it('refuses to lose more than the plan allows, or what nobody knows, unless a person accepted it', () =>
    inAws(components, async scene => {
      await loseThePrimary(scene);
      const none = await scene.play(failover, { ...forced, maxLoss: '0s' });
      expect(reasonsOf(none.preparation)).toContain('the plan allows 0 s');
      metricsOf(scene.world).length = 0;
      expect(reasonsOf((await scene.play(failover, forced)).preparation)).toContain('Nobody knows');
      const accepted = await scene.play(failover, { ...forced, acceptedRisks: ['data-loss'] });
      expect(accepted.seen).toMatchObject({ status: 'done', outputs: { lossSeconds: -1, measuredAt: '' } });
    }));

  it('refuses to fail over while the old primary seems to write, unless a person knows that it does not', () =>
    inAws(components, async ({ play, wait, world }) => {
      await wait(240);
      const { preparation } = await play(failover, forced);
      expect(reasonsOf(preparation)).toContain('seems to take writes still');
      expect(JSON.stringify(preparation)).toContain('unfenced-writer');
      expect(begun(world, 'The failover of')).toEqual([]);
      const known = await play(failover, { ...forced, acceptedRisks: ['unfenced-writer'] });
      expect(known.seen?.status).toBe('done');
    }));

  it('fails over without that where AWS says that the old writer is down', () =>
    inAws(components, async ({ play, wait, world }) => {
      await wait(240);
      const writer = rdsState(world).instances.get(`${primary}/parks-1`);
      if (writer) writer.shown.DBInstanceStatus = 'storage-failure';
      const { preparation, seen } = await play(failover, forced);
      expect(JSON.stringify(preparation)).toContain('its writer instance parks-1 is storage-failure');
      expect(seen?.status).toBe('done');
    }));

  it('fails in the simulated world as a cluster of Aurora does, and mends itself or is gone', () =>
    inAws(components, async ({ strike, wait, world }) => {
      const mends = strike({ type: 'failure', selfHealing: true }, 'parks');
      expect(mends()).toBe(true);
      await wait(120);
      expect(mends()).toBe(false);
      expect(shown(world, primary, 'parks').DBClusterMembers.find(one => one.IsClusterWriter)).toMatchObject({
        DBInstanceIdentifier: 'parks-2',
      });
      expect(strike({ type: 'loss' }, 'standby')()).toBe(true);
    }));

  it('is not done while the endpoint does not answer', () =>
    inAws(components, async scene => {
      await loseThePrimary(scene);
      for (const instance of rdsState(scene.world).instances.values()) instance.serving = false;
      const { seen } = await scene.play(failover, forced, { forSeconds: 1800 });
      expect(seen).toMatchObject({ status: 'pending', note: expect.stringMatching(/is the primary, but/) });
    }));

  it.each([
    { kind: switchover, call: 'rds:SwitchoverGlobalCluster', given: members },
    { kind: failover, call: 'rds:FailoverGlobalCluster', given: forced },
  ])(
    '$kind goes no further than the checks in a drill, and may change this global cluster only',
    async one => {
      const permissions = await permissionsOf(one.kind, components, one.given);
      expect(openChanges(permissions)).toEqual([]);
      expect(permissions.filter(line => line.startsWith(one.call))).toEqual([
        `${one.call} arn:\${AWS::Partition}:rds::\${AWS::AccountId}:global-cluster:parks-global`,
        `${one.call} arn:\${AWS::Partition}:rds:${recovery}:\${AWS::AccountId}:cluster:${target}`,
        `${one.call} arn:\${AWS::Partition}:rds:${primary}:\${AWS::AccountId}:cluster:parks`,
      ]);
      await inAws(components, async ({ action }) => {
        expect((await action(one.kind)).drill).toBe('prepare-only');
      });
    },
  );
});

describe('what shows a writer', () => {
  it('of DocumentDB says a certificate that is not accepted, and what was not looked at', () =>
    inAws(componentsOf('docdb'), async ({ play, world }) => {
      setCertificate(world, endpointIn(world, 'standby'), { authorizationError: 'CERT_HAS_EXPIRED' });
      const { seen } = await play('docdb.switchover-global-cluster', members, planned);
      expect(JSON.stringify(seen)).toContain('its certificate is not accepted: CERT_HAS_EXPIRED');
    }));

  it.each([
    { answer: { writes: true }, ends: 'done', said: 'says that it takes writes' },
    { answer: { writes: false }, ends: 'pending', said: 'says that it takes no writes' },
    { answer: { writes: undefined }, ends: 'pending', said: 'does not say whether it takes writes' },
  ])('of DocumentDB is its own word: $said', ({ answer, ends, said }) =>
    inAws(
      componentsOf('docdb'),
      async ({ play }) => {
        const how = { ...planned, forSeconds: 900 };
        const { seen } = await play('docdb.switchover-global-cluster', members, how);
        expect(seen?.status).toBe(ends);
        expect(JSON.stringify(seen)).toContain(said);
      },
      { mongo: async () => answer },
    ),
  );

  it('of DocumentDB without TLS is asked without it', async () => {
    const { parks, standby, global } = componentsOf('docdb');
    const asked: boolean[] = [];
    await inAws(
      { parks, global, standby: { ...standby, tls: false } },
      async ({ play }) => {
        await play('docdb.switchover-global-cluster', members, planned);
      },
      {
        mongo: async ({ tls }) => {
          asked.push(tls);
          return { writes: true };
        },
      },
    );
    expect(asked).toEqual([false]);
  });

  it.each([
    { status: 403, body: '', ends: 'done', said: 'tells its role to nobody without a signature' },
    { status: 200, body: '{"role":"reader"}', ends: 'pending', said: 'says that it is a reader' },
    { status: 200, body: '<html>', ends: 'pending', said: 'answers 200 when it is asked for its status' },
    { status: 500, body: '', ends: 'pending', said: 'answers 500' },
  ])('of Neptune is its own word where it gives one: $status $body', ({ status, body, ends, said }) =>
    inAws(
      componentsOf('neptune'),
      async ({ play }) => {
        const { seen } = await play('neptune.switchover-global-cluster', members, {
          ...planned,
          forSeconds: 900,
        });
        expect(seen?.status).toBe(ends);
        expect(JSON.stringify(seen)).toContain(said);
      },
      { http: async () => ({ status, body, headers: {}, latencyMs: 1 }) },
    ),
  );
});

describe('an old primary that AWS shows as no member', () => {
  const kind = 'docdb.failover-global-cluster';
  const forget = (world: World) => {
    for (const global of globalsOf(world))
      global.members = global.members.filter(one => one.region === recovery);
  };

  it('is no failure of a failover that has begun, or is done', () =>
    inAws(componentsOf('docdb'), async scene => {
      await loseThePrimary(scene);
      setTimeout(() => forget(scene.world), 20_000);
      expect((await scene.play(kind, forced)).seen).toMatchObject({
        status: 'done',
        outputs: { writer: target },
      });
      expect((await scene.play(kind, forced)).preparation.status).toBe('already-done');
    }));

  it('is refused where the target is not the writer', () =>
    inAws(componentsOf('docdb'), async scene => {
      await loseThePrimary(scene);
      forget(scene.world);
      expect(reasonsOf((await scene.play(kind, forced)).preparation)).toContain(
        'parks in ap-southeast-2 is no member',
      );
    }));
});

describe('a global cluster that does not move', () => {
  it('tells what AWS answered, and does not wait long', () =>
    inAws(componentsOf('neptune'), async ({ play, world }) => {
      for (const global of globalsOf(world)) global.frozenAtMs = world.nowMs();
      const began = world.nowMs();
      const { seen } = await play('neptune.switchover-global-cluster', members, planned);
      expect(seen?.status).toBe('failed');
      expect(JSON.stringify(seen)).toContain('The secondary cluster is not connected.');
      expect(world.nowMs() - began).toBeLessThan(90_000);
    }));

  it('is left alone while somebody moves it to somewhere else', () =>
    inAws(componentsOf('docdb'), async ({ play, world }) => {
      for (const global of globalsOf(world)) {
        global.state = { Status: 'failing-over', ToDbClusterArn: 'arn:aws:rds:eu-west-1:1:cluster:third' };
      }
      const { preparation } = await play('docdb.switchover-global-cluster', members, planned);
      expect(reasonsOf(preparation)).toContain(
        'failing-over already, to arn:aws:rds:eu-west-1:1:cluster:third',
      );
    }));
});

describe('a parameter group that wants a secondary which keeps up', () => {
  const kind = 'docdb.failover-global-cluster';
  const set = (world: World, value: string) => {
    shown(world, recovery, target).DBClusterParameterGroup = 'parks-50';
    setClusterParameter(world, recovery, 'parks-50', 'global_db_rpo', value);
  };

  it.each(['dry-run', 'planned', 'drill'] as const)('is found while there is time: %s', mode =>
    inAws(componentsOf('docdb'), async ({ play, wait, world }) => {
      await wait(240);
      set(world, '60');
      const { preparation } = await play(kind, forced, { mode });
      expect(reasonsOf(preparation)).toContain('may let no write commit');
      expect(JSON.stringify(preparation)).toContain('--db-cluster-parameter-group-name parks-50');
    }),
  );

  it('holds nobody up in an outage, and is told', () =>
    inAws(componentsOf('docdb'), async scene => {
      set(scene.world, '60');
      await loseThePrimary(scene);
      const { preparation, seen } = await scene.play(kind, forced);
      expect(JSON.stringify(preparation)).toContain(
        'writes may stand still until somebody says: aws docdb reset',
      );
      expect(seen?.status).toBe('done');
    }));

  it('may be another value, or unknown', async () => {
    await inAws(componentsOf('docdb'), async ({ play, world, wait }) => {
      await wait(240);
      set(world, '-1');
      expect((await play(kind, forced, { mode: 'dry-run' })).preparation.status).toBe('ready');
    });
    await inAws(
      componentsOf('docdb'),
      async ({ play, world, wait }) => {
        await wait(240);
        set(world, '60');
        const { preparation } = await play(kind, forced, { mode: 'dry-run' });
        expect(preparation.status).toBe('ready');
        expect(JSON.stringify(preparation)).toContain('could not be read');
      },
      {
        faults: { 'rds.DescribeDBClusterParameters': Array.from({ length: 12 }, () => 'error5xx' as const) },
      },
    );
  });
});
