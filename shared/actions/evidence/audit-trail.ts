import {
  CloudTrailClient,
  LookupEventsCommand,
  type LookupEventsCommandOutput,
} from '@aws-sdk/client-cloudtrail';
import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  type FilterLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import { isUnreachable, request } from '../../aws/aws-errors.ts';
import { keepFile, keptFilePermissions } from '../../aws/kept-files.ts';
import { regionSchema } from '../../plan/region.ts';
import { type ActionContext, defineAction, type Evidence } from '../contract.ts';

const time = z.iso.datetime({ offset: true });

const parameters = z.strictObject({
  region: regionSchema.meta({ description: 'Where it happened' }),
  from: time.meta({
    description: 'Such as ${incident.outageStartedAt - 24h}; CloudTrail looks back 90 days',
  }),
  to: time.optional().meta({ description: 'Without it, now' }),
  logGroups: z.array(z.string()).default([]).meta({
    description: 'Log groups besides CloudTrail, such as /aws/eks/shop/cluster with the audit log of EKS',
  }),
  filter: z.string().default('').meta({ description: 'Filter pattern for the log groups; empty for all' }),
});
type Parameters = z.output<typeof parameters>;

/** CloudTrail answers two look-ups a second with fifty events each; this many pages fit into one call of a function. */
const mostPages = 60;
/** Characters of one kept file: a page of logs has up to 10,000 events. */
const mostCharacters = 20_000_000;

/**
 * Keeps who did what: the events of CloudTrail and of log groups, as they are, each file with its SHA-256. It comes
 * first after an intrusion: logs of pods vanish with them, and whoever is inside may stop what records.
 */
export const action = defineAction({
  kind: 'evidence.audit-trail',
  summary: 'Keeps the events of CloudTrail and of log groups from a span of time, with their hashes',
  parameters,
  components: {},
  outputs: {
    location: 's3:// address of the folder',
    events: 'How many events were kept',
    sha256: 'SHA-256 of the list of files, which names the SHA-256 of each',
    complete: 'yes, or no when there were more events than one step keeps',
  },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 1,
    likelySeconds: 20,
    maxSeconds: 100,
    source:
      'CloudTrail allows two look-ups a second; events are delivered within about 5 min (CloudTrail user guide)',
  },
  failureModes: [
    'The region does not answer: its trail is kept where it delivers to, if that is elsewhere',
    'The newest minutes are not in CloudTrail yet',
    'The audit log of the cluster was never switched on, so the log group is not there',
    'There are more events than one step keeps: take shorter spans of time',
  ],
  permissions: ({ region, logGroups }) => [
    {
      actions: ['cloudtrail:LookupEvents'],
      resources: ['*'],
      reason: 'LookupEvents has no resource',
    },
    ...(logGroups.length === 0
      ? []
      : [
          {
            actions: ['logs:FilterLogEvents'],
            resources: logGroups.map(
              group => `arn:\${AWS::Partition}:logs:${region}:\${AWS::AccountId}:log-group:${group}:*`,
            ),
          },
        ]),
    ...keptFilePermissions(),
  ],

  async prepare(context, { from, to, region }) {
    const end = to ?? context.clock.now().toISOString();
    if (Date.parse(from) < Date.parse(end)) {
      const what = `Events of ${region} from ${from} to ${end} will be kept`;
      return { status: 'ready', baseline: { to: end }, evidence: [{ what }] };
    }
    const what = `${from} is not before ${end}, so there is nothing to keep.`;
    return { status: 'refused', reasons: [{ what, mend: 'Correct the times in the plan.' }], evidence: [] };
  },

  async observe(context, wanted, baseline) {
    const to = String(baseline.to);
    let found: Kept[];
    try {
      found = await collect(context, wanted, to);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      return { status: 'pending', note: error instanceof Error ? error.message : String(error) };
    }
    const files: { source: string; location: string; sha256: string; events: number; complete: boolean }[] =
      [];
    for (const { source, lines, complete } of found) {
      const file = await keepFile(context, `${source.replaceAll(/[^\w.-]+/g, '-')}.jsonl`, lines.join('\n'));
      files.push({ source, location: file.location, sha256: file.sha256, events: lines.length, complete });
    }
    const { region, from } = wanted;
    const text = JSON.stringify({ region, from, to, files }, undefined, 2);
    const list = await keepFile(context, 'audit-trail.json', text);
    const events = files.reduce((sum, file) => sum + file.events, 0);
    const complete = files.every(file => file.complete) ? 'yes' : 'no';
    const location = list.location.slice(0, list.location.lastIndexOf('/') + 1);
    const evidence: Evidence[] = files.map(file => ({
      what: `${file.events} events of ${file.source} are at ${file.location}${file.complete ? '' : ', and there were more'}`,
      data: { location: file.location, sha256: file.sha256 },
    }));
    const outputs = { location, events, sha256: list.sha256, complete };
    evidence.push({
      what: `The list of files is at ${list.location}`,
      data: { location: list.location, sha256: list.sha256 },
    });
    return { status: 'done', outputs, evidence };
  },
});

type Kept = { source: string; lines: string[]; complete: boolean };

async function collect(context: ActionContext, wanted: Parameters, to: string): Promise<Kept[]> {
  const trail = await trailOf(context, wanted, to);
  const groups: Kept[] = [];
  for (const group of wanted.logGroups) groups.push(await logsOf(context, wanted, to, group));
  return [trail, ...groups];
}

async function trailOf(context: ActionContext, { region, from }: Parameters, to: string): Promise<Kept> {
  const client = context.aws.client(CloudTrailClient, region);
  return pages('cloudtrail', async token => {
    const command = new LookupEventsCommand({
      StartTime: new Date(from),
      EndTime: new Date(to),
      NextToken: token,
    });
    const page: LookupEventsCommandOutput = await request({ call: 'cloudtrail.LookupEvents', region }, () =>
      client.send(command),
    );
    const lines = (page.Events ?? []).map(event => event.CloudTrailEvent ?? JSON.stringify(event));
    return { lines, next: page.NextToken };
  });
}

async function logsOf(
  context: ActionContext,
  { region, from, filter }: Parameters,
  to: string,
  logGroupName: string,
): Promise<Kept> {
  const client = context.aws.client(CloudWatchLogsClient, region);
  return pages(logGroupName, async nextToken => {
    const command = new FilterLogEventsCommand({
      logGroupName,
      startTime: Date.parse(from),
      endTime: Date.parse(to),
      ...(filter !== '' && { filterPattern: filter }),
      nextToken,
    });
    const page: FilterLogEventsCommandOutput = await request({ call: 'logs.FilterLogEvents', region }, () =>
      client.send(command),
    );
    return { lines: (page.events ?? []).map(event => JSON.stringify(event)), next: page.nextToken };
  });
}

async function pages(
  source: string,
  read: (token: string | undefined) => Promise<{ lines: string[]; next: string | undefined }>,
): Promise<Kept> {
  const lines: string[] = [];
  let characters = 0;
  let token: string | undefined;
  for (let page = 0; page < mostPages && characters < mostCharacters; page++) {
    const { lines: more, next } = await read(token);
    lines.push(...more);
    characters += more.reduce((sum, line) => sum + line.length, 0);
    token = next;
    if (token === undefined) return { source, lines, complete: true };
  }
  return { source, lines, complete: false };
}
