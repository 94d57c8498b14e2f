import * as z from 'zod';
import { type FileManifest, manifestSuffix, parseManifest } from '../../aws/file-manifest.ts';
import {
  headObject,
  type ListedObject,
  listObjects,
  readPermissions,
  readText,
  type S3Bucket,
  sha256Of,
} from '../../aws/s3-objects.ts';
import type { JsonObject } from '../../json.ts';
import { s3Bucket } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { type ActionContext, defineAction, type Evidence, type Reason } from '../contract.ts';

const parameters = z.strictObject({
  bucket: s3Bucket,
  prefix: z.string().min(1).meta({ description: 'What the keys begin with, such as database/' }),
  before: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ description: 'Only files whose data is older than this, such as when a corruption began' }),
  maxAge: durationSchema
    .optional()
    .meta({ description: 'How old the data may be at the start of the outage: the RPO' }),
  manifest: z.enum(['required', 'if-any']).default('required').meta({
    description: 'required: a file without a manifest is never chosen, since nobody knows if it is whole',
  }),
});
type Parameters = z.output<typeof parameters>;

/** This many of the newest are looked at; when none of them is whole, an older one is a person's decision. */
const candidates = 20;

/**
 * Chooses the newest file that is whole and old enough, by the time of its data and not by its name: keys need not be
 * in the order of time, the newest may be half written, and a file of after the damage holds the damage.
 */
export const action = defineAction({
  kind: 's3.latest',
  summary: 'Chooses the newest verified file under a prefix whose data is from before a time',
  parameters,
  components: { bucket: 's3-bucket' },
  outputs: {
    key: 'Key of the file',
    versionId: 'Version of the object; empty in a bucket without versions',
    pointTime: 'The moment whose data it holds',
    ageSeconds: 'How much older that is than the start of the outage, or than the time asked for',
    age: 'The same in words, such as 3 h 12 min',
    bytes: 'Its size',
    sha256: 'Its SHA-256; empty when neither S3 nor the manifest has one',
    rows: 'Rows by table as counted in the source, if the manifest has them',
  },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 0.5,
    likelySeconds: 2,
    maxSeconds: 30,
    source: 'One request for a thousand keys and three for each file that is looked at',
  },
  failureModes: [
    'The newest file is half written, empty, or has no manifest',
    'All files are from after the damage',
    'The bucket is in the lost region and has no replica',
  ],
  permissions: ({ bucket, prefix }) => readPermissions(bucket, prefix),

  async prepare(context, wanted) {
    const { bucket, prefix } = wanted;
    const { objects, complete } = await listObjects(context, bucket, prefix);
    const files = objects.filter(({ key }) => !key.endsWith(manifestSuffix) && !key.endsWith('/'));
    if (!complete) return refused([tooMany(bucket, prefix)], []);
    if (files.length === 0) return refused([nothing(bucket, prefix)], []);
    const evidence: Evidence[] = [];
    const newestFirst = files.sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime());
    for (const file of newestFirst.slice(0, candidates)) {
      const seen = await inspect(context, wanted, file);
      if ('why' in seen) {
        evidence.push({ what: `Passed over ${file.key}: ${seen.why}` });
        continue;
      }
      const tooOld = isTooOld(context, wanted, seen.outputs);
      evidence.push({
        what: `Chose ${file.key} with the data of ${seen.outputs.pointTime}`,
        data: seen.outputs,
      });
      return tooOld ? refused([tooOld], evidence) : { status: 'ready', baseline: seen.outputs, evidence };
    }
    return refused([noneUsable(wanted)], evidence);
  },

  /** The choice was made in prepare; what is restored must be what was decided on. */
  async observe(context, { bucket }, chosen) {
    const key = String(chosen.key);
    const head = await headObject(context, bucket, key, String(chosen.versionId) || undefined);
    if (!head) {
      const what = `${key} was removed from ${bucket.name} after it was chosen.`;
      const mend = 'Retry: another file is chosen. Look who removes backups during an incident.';
      return { status: 'failed', reasons: [{ what, mend }], evidence: [] };
    }
    return { status: 'done', outputs: chosen, evidence: [{ what: `${key} is there`, data: chosen }] };
  },
});

type Seen = { why: string } | { outputs: JsonObject };

async function inspect(context: ActionContext, wanted: Parameters, file: ListedObject): Promise<Seen> {
  const { bucket, before, manifest: rule } = wanted;
  if (file.size === 0) return { why: 'it is empty' };
  const manifest = parseManifest(await readText(context, bucket, `${file.key}${manifestSuffix}`));
  if (!manifest && rule === 'required') return { why: 'it has no manifest, so it may be half written' };
  const pointTime = manifest?.sourceTime ?? file.lastModified.toISOString();
  if (before !== undefined && Date.parse(pointTime) >= Date.parse(before)) {
    return { why: `its data is of ${pointTime}, which is not before ${before}` };
  }
  const head = await headObject(context, bucket, file.key);
  if (!head) return { why: 'it was removed meanwhile' };
  const sha256 = sha256Of(head) ?? '';
  const wrong = manifest && misfit(manifest, head.ContentLength ?? file.size, sha256);
  if (wrong !== undefined) return { why: wrong };
  const start = Date.parse(before ?? context.run.outageStartedAt);
  const ageSeconds = Math.max(0, Math.round((start - Date.parse(pointTime)) / 1000));
  return {
    outputs: {
      key: file.key,
      versionId: head.VersionId ?? '',
      pointTime,
      ageSeconds,
      age: formatDuration(ageSeconds),
      bytes: head.ContentLength ?? file.size,
      sha256: manifest?.sha256 ?? sha256,
      rows: manifest?.rows ?? {},
    },
  };
}

/** How a file differs from its manifest. */
function misfit(manifest: FileManifest, bytes: number, sha256: string): string | undefined {
  if (manifest.suspect) return 'its manifest calls it suspect';
  if (bytes !== manifest.bytes) return `it has ${bytes} bytes, and ${manifest.bytes} by its manifest`;
  if (sha256 !== '' && manifest.sha256 !== undefined && sha256 !== manifest.sha256) {
    return `its SHA-256 is ${sha256}, and ${manifest.sha256} by its manifest`;
  }
  return undefined;
}

function isTooOld(
  context: ActionContext,
  { maxAge, prefix }: Parameters,
  found: JsonObject,
): Reason | undefined {
  const { outageStartedAt } = context.run;
  const lossSeconds = (Date.parse(outageStartedAt) - Date.parse(String(found.pointTime))) / 1000;
  if (maxAge === undefined || lossSeconds <= maxAge) return undefined;
  return {
    what: `The newest usable file under ${prefix} loses ${formatDuration(lossSeconds)} of data, more than ${formatDuration(maxAge)}.`,
    mend: 'Look for a newer copy (a snapshot, a replica); to accept the loss, run again with a larger maxAge.',
  };
}

const refused = (reasons: Reason[], evidence: Evidence[]) => ({
  status: 'refused' as const,
  reasons,
  evidence,
});

function nothing({ name, region }: S3Bucket, prefix: string): Reason {
  return {
    what: `There is nothing under ${prefix} in the bucket ${name} in ${region}.`,
    mend: 'Correct the prefix, or use the bucket that the backups are replicated to.',
  };
}

function tooMany({ name }: S3Bucket, prefix: string): Reason {
  return {
    what: `There are too many objects under ${prefix} in ${name} to choose from.`,
    mend: 'Give a longer prefix, such as that of the month.',
  };
}

function noneUsable({ bucket, prefix, before }: Parameters): Reason {
  const when = before === undefined ? '' : ` from before ${before}`;
  return {
    what: `None of the newest ${candidates} files under ${prefix} in ${bucket.name} is whole and${when || ' usable'}.`,
    mend: 'The evidence says why each was passed over. Name an older file by its key if a person decides for it.',
  };
}
