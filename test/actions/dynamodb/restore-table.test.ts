import { describe, expect, it } from 'vitest';
import { tablesOf } from '../../../simulator/services/dynamodb/tables.ts';
import { type AwsScene, inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';
import { outageStartedAt, run } from '../../support/compute-world.ts';

const kind = 'dynamodb.restore-table';
const region = 'ap-southeast-4';
const components = {
  orders: { type: 'dynamodb-table', region, name: 'orders' },
  plain: { type: 'dynamodb-table', region, name: 'plain', pointInTime: false },
};
const given = { table: 'orders' };
const ago = (seconds: number) => new Date(Date.parse(outageStartedAt) - seconds * 1000).toISOString();
const tablesNow = ({ world }: AwsScene) =>
  tablesOf(world)
    .tables.filter(({ lost }) => !lost)
    .map(({ name }) => name);

describe(kind, () => {
  it('restores beside the table to the moment that is wanted, tagged and backed up, and removes it again', () =>
    inAws(components, async scene => {
      const notAfter = ago(3600);
      const { seen, undo } = await scene.play(kind, { ...given, notAfter });
      const name = tablesNow(scene).at(-1);
      expect(name).toMatch(/^orders-20\d{6}-/);
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { table: name, pointTime: notAfter.replace(/\.\d+Z$/, '.000Z'), holdsItems: true },
      });
      const made = tablesOf(scene.world).tables.at(-1);
      expect(made?.pointInTime).toBe(true);
      expect(made?.tags.map(({ Key }) => Key)).toContain('lifeboat:run');
      expect(await undo()).toMatchObject({ status: 'done' });
      expect(tablesNow(scene)).toEqual(['orders', 'plain']);
    }));

  it('takes the newest moment that there is, five minutes ago', () =>
    inAws(components, async ({ play }) => {
      const { seen } = await play(kind, given);
      expect(seen).toMatchObject({ status: 'done', outputs: { pointTime: ago(300) } });
    }));

  it('brings a deleted table back under its own name, and does not delete it again', () =>
    inAws(components, async scene => {
      expect(reasonsOf((await scene.play(kind, { ...given, as: 'original' })).preparation)).toContain(
        'exists in',
      );
      const isGone = scene.strike({ type: 'loss' }, 'orders');
      expect(isGone()).toBe(true);
      const { seen, undo } = await scene.play(kind, { ...given, as: 'original' });
      expect(seen).toMatchObject({ status: 'done', outputs: { table: 'orders', pointTime: ago(0) } });
      expect(isGone()).toBe(false);
      expect(reasonsOf(await undo())).toContain('the only table of that name');
      expect(tablesNow(scene)).toContain('orders');
    }));

  it.each([
    ['dynamodb.RestoreTableToPointInTime'],
    ['dynamodb.TagResource'],
    ['dynamodb.UpdateContinuousBackups'],
  ])('restores once when the reply to %s is lost', call =>
    inAws(
      components,
      async scene => {
        let seen = (await scene.play(kind, given).catch(() => undefined))?.seen;
        seen ??= (await scene.play(kind, given)).seen;
        expect(seen).toMatchObject({ status: 'done' });
        expect(tablesNow(scene)).toHaveLength(3);
      },
      { faults: { [call]: ['lost-reply'] } },
    ),
  );

  it.each([
    ['one that nothing backs up', { table: 'plain' }, 'point-in-time recovery is off'],
    ['to before its backups', { ...given, notAfter: ago(40 * 86_400) }, 'to no moment before'],
  ])('refuses %s', (_, other, said) =>
    inAws(components, async ({ play, changes }) => {
      expect(reasonsOf((await play(kind, other)).preparation)).toContain(said);
      expect(changes).toEqual([]);
    }),
  );

  it('leaves a table alone that no restore has made', () =>
    inAws(components, async scene => {
      const stranger = { region, name: `orders-${run.id}`, heartbeat: undefined, lost: false, tags: [] };
      tablesOf(scene.world).tables.push({ ...stranger, pointInTime: true });
      const { seen, undo } = await scene.play(kind, given);
      expect(reasonsOf(seen)).toContain('that no restore has made');
      expect(reasonsOf(await undo())).toContain('that no restore has made');
      expect(tablesNow(scene)).toContain(stranger.name);
    }));

  it('refuses a deleted table that left nothing', () =>
    inAws(components, async ({ play, strike }) => {
      strike({ type: 'loss' }, 'plain');
      const { preparation } = await play(kind, { table: 'plain' });
      expect(reasonsOf(preparation)).toContain('was not backed up when it was deleted');
    }));

  it('in a dry run says whether a table could be restored that is still there', () =>
    inAws(components, async ({ play }) => {
      const original = { ...given, as: 'original' };
      expect((await play(kind, original, { mode: 'dry-run' })).preparation.status).toBe('ready');
      const plain = await play(kind, { ...original, table: 'plain' }, { mode: 'dry-run' });
      expect(reasonsOf(plain.preparation)).toContain('point-in-time recovery is off');
    }));

  it('in a drill restores beside only', () =>
    inAws(components, async ({ play, strike }) => {
      expect((await play(kind, given, { mode: 'drill' })).seen).toMatchObject({ status: 'done' });
      strike({ type: 'loss' }, 'orders');
      const drill = await play(kind, { ...given, as: 'original' }, { mode: 'drill' });
      expect(reasonsOf(drill.preparation)).toContain('This is a drill');
    }));

  it('may delete what has the name of a run only, and nothing under the own name', async () => {
    const beside = await permissionsOf(kind, components, given);
    expect(openChanges(beside)).toEqual([]);
    const table = `arn:\${AWS::Partition}:dynamodb:${region}:\${AWS::AccountId}:table/orders`;
    expect(beside.filter(line => line.includes('DeleteTable'))).toEqual([
      `dynamodb:DeleteTable ${table}-20*-*`,
    ]);
    const original = await permissionsOf(kind, components, { ...given, as: 'original' });
    expect(original.filter(line => line.includes('DeleteTable'))).toEqual([]);
    expect(original).toContain(`dynamodb:RestoreTableFromBackup ${table}/backup/*`);
  });
});
