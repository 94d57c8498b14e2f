import * as z from 'zod';
import type { Action } from '../../shared/actions/contract.ts';
import { componentSchema } from '../../shared/plan/components.ts';

/**
 * Parameters with the names of the components' fields as their values, such as `<identifier>`. The permissions that an
 * action asks for with them show which field of the plan each resource comes from.
 */
export function sampleParameters(action: Action): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(action.parameters.shape)) {
    // What has a default always has a value by the time that permissions are asked for.
    const omitted = (field as z.ZodType).safeParse(undefined);
    if (omitted.success && omitted.data !== undefined) parameters[name] = omitted.data;
    // A needed text may be part of a resource's name.
    else if (!omitted.success && (field as z.ZodType).safeParse(`<${name}>`).success)
      parameters[name] = `<${name}>`;
  }
  for (const [name, types] of Object.entries(action.components)) {
    const [type] = typeof types === 'string' ? [types] : types;
    parameters[name] = sampleComponent(type ?? '');
  }
  return parameters;
}

/** The regions that go with them. */
export const sampleRegions = { primary: '<regions.primary>', recovery: '<regions.recovery>' };

function sampleComponent(type: string): Record<string, unknown> {
  const schema = componentSchema.options.find(option => option.shape.type.value === type);
  return sampleObject(schema?.shape ?? {}, '');
}

function sampleObject(shape: object, within: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(shape).map(([field, schema]) => [field, sampleField(field, schema as z.ZodType, within)]),
  );
}

function sampleField(field: string, schema: z.ZodType, within: string): unknown {
  const name = `${within}${field}`;
  const inner = withoutWrapping(schema);
  switch (field) {
    case 'credentials':
      return 'secret:<credentials>';
    case 'tag':
      // Instances are named by ids or by a tag; the sample shows the narrower of the two.
      return undefined;
  }
  if (inner instanceof z.ZodObject) return sampleObject(inner.shape, `${name}.`);
  if (!(inner instanceof z.ZodArray)) return `<${name}>`;
  const element = withoutWrapping(inner.element as z.ZodType);
  return [element instanceof z.ZodObject ? sampleObject(element.shape, `${name}.`) : `<${name}>`];
}

/** What is behind "optional" and "has a default". */
function withoutWrapping(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? withoutWrapping(schema.unwrap() as z.ZodType)
    : schema;
}
