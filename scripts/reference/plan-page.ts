import * as z from 'zod';
import { planSchema } from '../../shared/plan/schema.ts';
import { cell, table } from './markdown.ts';
import { fieldRows, type Shape, typeOf } from './parameter-rows.ts';

/** Fields that every element may have; they are explained once. */
const everywhere = ['implements', 'waived'];

/** docs/reference/plan.md: every section of a plan, and every type of what stands in it. */
export function planPage(): string {
  const schema = z.toJSONSchema(planSchema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  }) as Shape;
  const sections = Object.entries(schema.properties ?? {}).map(([name, shape]) => section(name, shape));
  return `# The plan file

Every section of \`plans/<system>/plan.yml\` with its fields. This page is made from the schema, as is
\`plans/plan.schema.json\`, which editors complete from. [Writing a plan](../guide/writing-a-plan.md) tells what they are
for.

Every element may have \`implements\`, a list of the requirements that it carries out, and \`waived\`, the reason why a
requirement or a finding does not apply to it; they are left out below. Durations are written \`90s\`, \`15m\`, \`4h\`,
\`7d\`; secrets are references, \`secret:NAME#key\` or \`ssm:/path/name\`.

${table(
  ['section', 'needed'],
  fieldRows(schema).map(({ name, needed }) => [`[\`${name}\`](#${name.toLowerCase()})`, needed]),
)}
${sections.join('\n')}`;
}

function section(name: string, shape: Shape): string {
  const about = shape.description ? `${shape.description}.\n\n` : '';
  return `## ${name}\n\n${about}${body(shape)}`;
}

/** A group of keys, a list of groups, groups by id, or one of several types of group. */
function body(shape: Shape): string {
  if (shape.properties) return fields(shape);
  if (typeof shape.items === 'object') return `A list; each entry:\n\n${body(shape.items)}`;
  if (typeof shape.additionalProperties === 'object') {
    return `By id, in lower-case words joined by hyphens; each:\n\n${body(shape.additionalProperties)}`;
  }
  const options = shape.anyOf ?? shape.oneOf;
  if (options?.every(option => option.properties)) return options.map(variant).join('\n');
  return `${typeOf(shape)}\n`;
}

function variant(option: Shape): string {
  const type = option.properties?.type?.const;
  const title = type === undefined ? 'otherwise' : `\`${String(type)}\``;
  const about = option.description ? `${option.description}.\n\n` : '';
  return `### ${title}\n\n${about}${fields(option)}`;
}

function fields(shape: Shape): string {
  const rows = fieldRows(shape).filter(
    ({ name }) =>
      !everywhere.includes(name) &&
      shape.properties?.[name]?.const === undefined &&
      // A component's id is its key; the loader fills the field in.
      !(name === 'id' && shape.properties?.id?.default === ''),
  );
  if (rows.length === 0) return 'No fields of its own.\n';
  return table(
    ['field', 'is', 'needed', 'about'],
    rows.map(row => [`\`${row.name}\``, cell(short(row.type)), cell(row.needed), cell(row.description)]),
  );
}

/** What nests several levels is shown in its own place of the JSON Schema, not in one cell of a table. */
function short(type: string): string {
  return type.length > 160 ? `${type.slice(0, type.lastIndexOf(' ', 150))} …` : type;
}
