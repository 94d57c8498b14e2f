import { readFileSync } from 'node:fs';
import type { Action, DrillBehaviour, Permission } from '../../shared/actions/contract.ts';
import { listKinds, loadActions } from '../../shared/actions/load-actions.ts';
import { formatDuration } from '../../shared/plan/duration.ts';
import { withheldKinds } from '../../shared/plan/rules/withheld-kinds.ts';
import { cell, table } from './markdown.ts';
import { parameterRows } from './parameter-rows.ts';
import { sampleParameters, sampleRegions } from './sample-parameters.ts';

const inDrill: Record<DrillBehaviour, string> = {
  isolated: 'acts on the recovery side, and is undone at the end if it changed something and has an undo',
  same: 'the same as in a recovery; it changes nothing of production',
  'prepare-only': 'only prepares: acting would touch production',
};

const head = `# Actions

A step of a plan names one of these kinds after \`do:\` and gives its parameters under \`with:\`. The part before the dot
is the Lambda function that runs it. This page is made from the action files by \`scripts/write-reference.ts\`.

- **Needed**: "yes", or the default that holds without it.
- **Dry run** is the same for every kind: it prepares, which only reads, and changes nothing.
- **Typical duration**: from the change to the wanted state. The rehearsal draws from it where the simulator has no finer
  model. "Experience" means that no measurement stands behind it yet.
- **IAM**: what the function's role gets for a step of this kind. \`<name>\` stands for that field of the component. Where
  an action has no resource-level permission, or what it works on turns out only in the run, the resource is \`*\` or ends
  in it.
`;

/** The page of all actions, from their own files. */
export async function actionsPage(): Promise<string> {
  const actions = Object.values(await loadActions(listKinds()));
  const overview = table(
    ['kind', 'does', 'changes something'],
    actions.map(({ kind, summary, mutates }) => [
      `[\`${kind}\`](#${anchor(kind)})`,
      cell(summary),
      mutates ? 'yes' : 'no',
    ]),
  );
  return [head, overview, withheld(), ...actions.map(section)].join('\n').trimEnd().concat('\n');
}

function withheld(): string {
  const rows = withheldKinds.map(({ name, why, instead }) => [`\`${name}\``, cell(why), cell(instead)]);
  return `\nWhat there is no kind for, on purpose:\n\n${table(['kind', 'because', 'instead'], rows)}`;
}

/** As GitHub makes it from a heading. */
function anchor(kind: string): string {
  return kind.replaceAll('.', '');
}

function section(action: Action): string {
  const { kind, summary, typical, drill, mutates, undo, failureModes } = action;
  const { minSeconds, likelySeconds, maxSeconds, source } = typical;
  const durations = [minSeconds, likelySeconds, maxSeconds].map(formatDuration).join(' / ');
  const lines = [
    `## ${kind}`,
    `${summary}.`,
    parameters(action),
    outputs(action),
    table(
      ['', ''],
      [
        ['changes something', mutates ? 'yes' : 'no'],
        ['undo', undo ? 'yes' : 'no'],
        ['in a drill', inDrill[drill]],
        ['typical duration', `${durations} (least / likely / most). ${cell(source)}`],
      ],
    ),
    `What can go wrong:\n\n${failureModes.map(mode => `- ${mode}`).join('\n')}\n`,
    permissions(action),
    ...clusterRights(kind),
  ];
  return `\n${lines.join('\n\n').replaceAll(/\n{3,}/g, '\n\n')}`;
}

function parameters(action: Action): string {
  const rows = parameterRows(action).map(({ name, type, needed, description }) => [
    `\`${name}\``,
    cell(description === '' ? type : `${type}. ${description}`),
    cell(needed),
  ]);
  return table(['parameter', 'type', 'needed'], rows);
}

function outputs({ kind, outputs: all }: Action): string {
  const entries = Object.entries(all);
  if (entries.length === 0) return 'It puts out nothing that later steps could refer to.';
  return table(
    [`output of ${kind}`, 'is'],
    entries.map(([name, meaning]) => [`\`${name}\``, cell(meaning)]),
  );
}

function permissions(action: Action): string {
  const needed = action.permissions(sampleParameters(action), sampleRegions);
  if (needed.length === 0)
    return 'IAM: nothing beyond what every step function has (the record table, its log).';
  return `IAM:\n\n${table(['actions', 'on', 'note'], needed.map(permissionRow))}`;
}

/** What the cluster itself has to allow; the action's own docstring says it, since IAM does not. */
function clusterRights(kind: string): string[] {
  const file = new URL(`../../shared/actions/${kind.replace('.', '/')}.ts`, import.meta.url);
  const [said] =
    /In the cluster the function's role needs[\s\S]*?(?=\n \*\/)/.exec(readFileSync(file, 'utf8')) ?? [];
  return said ? [said.replaceAll(/\s*\n \* /g, ' ')] : [];
}

function permissionRow({ actions, resources, conditions, reason }: Permission): string[] {
  const condition = Object.entries(conditions ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => `only if ${operator} \`${key}\` ${JSON.stringify(value)}`),
  );
  return [
    actions.map(action => `\`${action}\``).join(' '),
    resources.map(resource => `\`${short(resource)}\``).join(' '),
    cell([...(reason ? [reason] : []), ...condition].join('; ')),
  ];
}

/** Without what is the same in every ARN. */
function short(resource: string): string {
  return resource.replace('arn:${AWS::Partition}:', '').replace(':${AWS::AccountId}:', '::');
}
