import * as z from 'zod';
import {
  buildPermissions,
  buildToken,
  findBuild,
  noProject,
  outcomeOf,
  readProject,
  startBuild,
} from '../../aws/codebuild.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import type { JsonObject } from '../../json.ts';
import { codebuildProject, s3Bucket } from '../../plan/components.ts';
import { restoreBuildspec } from '../../sql/restore/script.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import {
  dialectAt,
  hostParameter,
  readOnly,
  silenceOf,
  sqlDatabase,
  sqlDatabaseTypes,
  urlOf,
  withSql,
} from '../sql-database.ts';

const rows = z.record(
  z.string().regex(/^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)?$/, 'the name of a table'),
  z.number().int().nonnegative(),
);

const parameters = z.strictObject({
  database: sqlDatabase.meta({
    description: 'On whose server the new database is made, beside the live one',
  }),
  host: hostParameter,
  project: codebuildProject.meta({
    description:
      'A project in the network of the database, whose image has the AWS CLI, Python and the client programs of PostgreSQL or MySQL',
  }),
  bucket: s3Bucket,
  key: z.string().meta({ description: 'Key of the dump, from s3.latest' }),
  versionId: z.string().default(''),
  sha256: z.string().default(''),
  pointTime: z.iso
    .datetime({ offset: true })
    .meta({ description: 'The moment whose data it holds, from s3.latest' }),
  rows: rows.default({}).meta({ description: 'Rows by table that must be there afterwards, from s3.latest' }),
});
type Parameters = z.output<typeof parameters>;

/**
 * Restores a dump into a new database on the same server, and leaves the live one alone. The work is done by a build,
 * since pg_restore and mysql are programs, and a dump may take longer than the fifteen minutes of a function.
 */
export const action = defineAction({
  kind: 'sql.restore-dump',
  summary: 'Restores a dump from S3 into a new database beside the live one, and counts its rows',
  parameters,
  components: { database: [...sqlDatabaseTypes], project: 'codebuild-project', bucket: 's3-bucket' },
  outputs: {
    database: 'Name of the new database, for sql.query and sql.swap-database',
    pointTime: 'The moment whose data it holds',
    format: 'plain, gzip or custom, told by the first bytes',
    rows: 'Rows by table as they are now',
    log: 'Address of the log of the build',
  },
  drill: 'isolated',
  mutates: true,
  traits: ['brings-data'],
  asks: 'database',
  typical: {
    minSeconds: 90,
    likelySeconds: 600,
    maxSeconds: 7200,
    source:
      'Experience: 30 to 90 s until the build starts, then about a minute for a GB; to be measured by restore tests',
  },
  failureModes: [
    'The dump is damaged, cut off, or needs an extension that the server does not have',
    'The disk of the server is too small for a second database',
    'The image of the build has an older PostgreSQL than the one that made the dump',
    'A dump of MySQL has views or triggers with a DEFINER, which the user of the credentials may not make (1227)',
    'The build has no way to the database or to S3',
  ],
  permissions: ({ database, project }) => [
    ...buildPermissions(project),
    secretReadPermission(database.credentials, database.region),
  ],

  async prepare(context, wanted) {
    const { database, project, key, pointTime } = wanted;
    const inDrill = refuseProductionInDrill(context, database.region, `the server of ${database.id}`);
    if (inDrill) return inDrill;
    await urlOf(context, wanted);
    if (!(await readProject(context, project))) {
      return { status: 'refused', reasons: [noProject(project)], evidence: [] };
    }
    const baseline = {
      token: buildToken(context, context.clock.now().toISOString()),
      // A hyphen in the name would have to be quoted wherever it is written.
      database: context.names.resource(database.database, 60).replaceAll('-', '_'),
    };
    const what = `${key} with the data of ${pointTime} will be restored into ${baseline.database}`;
    return { status: 'ready', baseline, evidence: [{ what, data: baseline }] };
  },

  async act(context, wanted, baseline) {
    const { database, project, bucket, host } = wanted;
    await startBuild(context, project, String(baseline.token), {
      buildspec: restoreBuildspec(dialectAt(wanted).name),
      secrets: { CREDENTIALS: database.credentials },
      environment: {
        DATABASE_HOST: host ?? ('host' in database ? database.host : ''),
        DATABASE_PORT: host === undefined ? '' : String(database.port),
        LIVE_DATABASE: database.database,
        NEW_DATABASE: String(baseline.database),
        DUMP_REGION: bucket.region,
        DUMP_BUCKET: bucket.name,
        DUMP_KEY: wanted.key,
        DUMP_VERSION: wanted.versionId,
        DUMP_SHA256: wanted.sha256,
        DUMP_POINT_TIME: wanted.pointTime,
        COUNT_TABLES: Object.keys(wanted.rows).join(' '),
        LIFEBOAT_COMPONENT: database.id,
      },
    });
  },

  async observe(context, wanted, baseline) {
    const { project } = wanted;
    const built = outcomeOf(project, await findBuild(context, project, String(baseline.token)));
    if (built.status !== 'done') return built;
    const exported = exportedSchema.parse(built.outputs.exported);
    const differing = differences(wanted.rows, exported.RESTORED_ROWS);
    if (differing.length > 0) {
      const what = `The new database ${baseline.database} has other row counts than the manifest: ${differing.join(', ')}.`;
      const mend =
        'The live database is untouched. Restore another file, or correct the manifest if that is wrong.';
      return { status: 'failed', reasons: [{ what, mend }], evidence: built.evidence };
    }
    return answers(context, wanted, baseline, {
      database: String(baseline.database),
      pointTime: wanted.pointTime,
      format: exported.RESTORED_FORMAT,
      rows: exported.RESTORED_ROWS,
      log: String(built.outputs.log),
    });
  },

  /** The new database goes; once it was put in place of the live one, there is none of this name any more. */
  async undo(context, wanted, baseline) {
    const { project, database } = wanted;
    const build = await findBuild(context, project, String(baseline.token));
    if (build?.buildStatus === 'IN_PROGRESS') {
      return { status: 'pending', note: 'the build that restores has not ended yet' };
    }
    const name = String(baseline.database);
    const { anyDatabase, databases, quoteName } = dialectAt(wanted);
    try {
      return await withSql(context, { ...wanted, name: anyDatabase }, 60_000, async (connection, host) => {
        const known = await readOnly(connection, databases);
        if (!known.some(row => row.name === name)) {
          return {
            status: 'done',
            outputs: {},
            evidence: [{ what: `There is no database ${name} at ${host}` }],
          };
        }
        await context.changed({
          call: 'sql.DropDatabase',
          region: database.region,
          resource: `${host}/${name}`,
          what: 'The database that this run made is removed',
        });
        await connection.query(`DROP DATABASE IF EXISTS ${quoteName(name)}`);
        return { status: 'pending', note: `${name} is being removed` };
      });
    } catch (error) {
      return { status: 'pending', note: silenceOf(error) };
    }
  },
});

const exportedSchema = z.object({
  RESTORED_FORMAT: z.enum(['plain', 'gzip', 'custom']),
  RESTORED_ROWS: z.string().transform((text, context): Record<string, number> => {
    const parsed = z.record(z.string(), z.number()).safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: 'the build exported no row counts' });
    return z.NEVER;
  }),
});

function differences(wanted: Record<string, number>, found: Record<string, number>): string[] {
  return Object.entries(wanted).flatMap(([table, count]) =>
    found[table] === count ? [] : [`${table} has ${found[table] ?? 'not been counted'} instead of ${count}`],
  );
}

/** That the build succeeded is its word; the new database answering is the proof. */
async function answers(
  context: ActionContext,
  wanted: Parameters,
  baseline: JsonObject,
  outputs: JsonObject,
): Promise<Observation> {
  const name = String(baseline.database);
  try {
    return await withSql(context, { ...wanted, name }, 10_000, async (connection, host) => {
      await readOnly(connection, 'SELECT 1');
      const what = `The dump is restored in ${name} at ${host}, with the data of ${wanted.pointTime}`;
      return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
    });
  } catch (error) {
    return { status: 'pending', note: silenceOf(error) };
  }
}
