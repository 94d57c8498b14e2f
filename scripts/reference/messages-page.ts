import { messageFields } from '../../shared/communication/message-fields.ts';
import { defaultTemplateNames } from '../../shared/communication/templates.ts';
import { cell, table } from './markdown.ts';

/** docs/reference/messages.md: the templates that are built in, and what a template may refer to. */
export function messagesPage(): string {
  const fields = Object.entries(messageFields).map(([name, is]) => [`\`${name}\``, cell(is)]);
  return `# Messages

Templates that are built in: ${defaultTemplateNames.map(name => `\`${name}\``).join(', ')}. A plan words one of its own
under \`templates\`, by its name or by its name and an information level, such as \`update-customer\`.

A template may refer to \`\${message.<field>}\`. A field that has no value in a situation is an error, and the built-in text
is sent instead; nothing is ever left empty. This page is made from the code.

${table(['field', 'is'], fields)}`;
}
