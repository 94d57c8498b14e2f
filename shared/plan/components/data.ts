import * as z from 'zod';
import { base, duration, restores, secretReference } from './base.ts';

/** Where data, builds and evidence are kept, and databases that the system runs itself. */

/** Files that come into a bucket by themselves, such as nightly dumps. */
const arrival = z.strictObject({
  prefix: z.string().meta({ description: 'What their keys begin with, such as database/' }),
  every: duration,
  suffix: z.string().default('.sql.gz'),
  /** Whether a manifest, `<key>.manifest.json`, comes with each. */
  manifest: z.boolean().default(true),
  rows: z
    .record(z.string(), z.number().int().nonnegative())
    .optional()
    .meta({ description: 'Rows by table that each manifest counts, as the data of a rehearsal has them' }),
});

export const s3Bucket = z.strictObject({
  ...base,
  type: z.literal('s3-bucket'),
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket'),
  replicaOf: z
    .string()
    .optional()
    .meta({ description: 'Id of the s3-bucket that S3 replicates into this one' }),
  evidence: z
    .boolean()
    .default(false)
    .meta({ description: 'Has Object Lock: what is put into it can be removed by nobody for its retention' }),
  arrivals: z
    .array(arrival)
    .default([])
    .meta({ description: 'Files that come by themselves; a rehearsal puts them there' }),
});

/** A CodeBuild project, in the region where builds are to run: the recovery region. */
export const codebuildProject = z.strictObject({
  ...base,
  type: z.literal('codebuild-project'),
  name: z.string(),
  takes: duration.default('5m').meta({ description: 'How long a build usually takes' }),
  restores,
});

/** A PostgreSQL server that the system runs itself. The functions' network has to reach it under this name. */
export const postgresServer = z.strictObject({
  ...base,
  type: z.literal('postgres-server'),
  host: z.string(),
  port: z.number().int().default(5432),
  database: z.string(),
  /** Connection string or user and password for checks, by reference. */
  credentials: secretReference,
  /** Write probe: one statement that may be repeated and harms nothing, such as a heartbeat upsert. */
  writeProbe: z.string(),
  replicaOf: z.string().optional().meta({
    description: 'Id of the postgres-server that this one replicates; sql.promote makes it the writer',
  }),
});

/** A MySQL or MariaDB server that the system runs itself. The functions' network has to reach it under this name. */
export const mysqlServer = z.strictObject({
  ...base,
  type: z.literal('mysql-server'),
  engine: z.enum(['mysql', 'mariadb']).default('mysql'),
  host: z.string(),
  port: z.number().int().default(3306),
  database: z.string(),
  /** Connection string or user and password for checks, by reference. */
  credentials: secretReference,
  /** Write probe: one statement that may be repeated and harms nothing, such as a heartbeat upsert. */
  writeProbe: z.string(),
  replicaOf: z.string().optional().meta({
    description: 'Id of the mysql-server that this one replicates; sql.promote makes it the writer',
  }),
});

/** Parameters of Systems Manager that an application reads, below one path. */
export const ssmParameters = z.strictObject({
  ...base,
  type: z.literal('ssm-parameters'),
  path: z.string().regex(/^\/[\w./-]*\w$/, 'a path, such as /shop/production'),
  names: z.array(z.string()).min(1).meta({ description: 'Names below the path that must be there' }),
  texts: z.record(z.string(), z.string()).default({}).meta({
    description:
      'What those hold that are no secret, while all is well, by name: type String, which ssm.put-parameter may write. A rehearsal begins with them',
  }),
});

export const efsFileSystem = z.strictObject({
  ...base,
  type: z.literal('efs-file-system'),
  fileSystemId: z
    .string()
    .regex(/^fs-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, 'the id of a file system, such as fs-0a1b2c3d4e5f60718'),
  replicaOf: z
    .string()
    .optional()
    .meta({ description: 'Id of the efs-file-system that EFS replicates into this one' }),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const dataComponents = [
  s3Bucket,
  codebuildProject,
  postgresServer,
  mysqlServer,
  ssmParameters,
  efsFileSystem,
] as const;
