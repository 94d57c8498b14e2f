type Template = { Resources: Record<string, { Type: string; Properties: Record<string, unknown> }> };

export function writeDefinitions(template: Template): void;
export function moveDefinitions(
  template: Template,
  options: { keyPrefix: string; limit?: number },
): { name: string; text: string }[];
export function movedKeys(template: Template): string[];
