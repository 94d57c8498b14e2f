import { InvalidInputError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { evaluate, parseTemplate } from '../plan/expression.ts';
import type { Mode } from '../runbook/contract.ts';
import type { Stage } from './channels/contract.ts';
import { shorten } from './channels/text.ts';
import { messageFields } from './message-fields.ts';
import type { Template } from './templates.ts';

/** A message ready to be sent. `sms` is for channels that take one short line. */
export type Rendered = {
  subject: string;
  text: string;
  sms: string;
  /** The recipient's own link, for channels that make a button of it. */
  link?: string;
  /** Where the incident stands, for channels that show it; investigating unless it is said. */
  stage?: Stage;
};
export type RenderResult = { ok: true; message: Rendered } | { ok: false; problem: string };

/** SNS: "no line breaks or control characters, and less than 100 characters long" (PublishInput.Subject). */
const longestSubject = 99;
/** One SMS in the GSM alphabet (PublishInput.Message); a longer one arrives as several. */
const longestSms = 160;

/**
 * Fills in a template. A field without a value is an error, never an empty place. A drill says so in its subject and
 * its first line, whatever the template says.
 */
export function renderMessage(
  template: Template,
  scope: JsonObject,
  about: { mode: Mode; key: string; link?: string; stage?: Stage },
): RenderResult {
  let subject: string;
  let text: string;
  let sms: string;
  try {
    subject = String(evaluate(template.subject, scope));
    text = String(evaluate(template.text, scope));
    sms = String(evaluate(template.sms ?? template.subject, scope));
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { ok: false, problem: `${error.message}. ${error.nextStep}` };
  }
  const drill = about.mode === 'drill';
  const head = drill ? 'DRILL: ' : '';
  const first = drill ? 'This is a drill. Nothing in production is changed.\n\n' : '';
  return {
    ok: true,
    message: {
      subject: asHeadline(head + subject),
      text: `${first}${text.trim()}\n\nReference: ${about.key}\n`,
      sms: asSms(head + sms, about.link),
      ...(about.link && { link: about.link }),
      ...(about.stage && { stage: about.stage }),
    },
  };
}

/** `message.*` names in a text that are neither known fields nor among the step's own. */
export function unknownMessageFields(template: Template, own: readonly string[] = []): string[] {
  const names = [template.subject, template.text, template.sms ?? ''].flatMap(text => {
    const parsed = parseTemplate(text);
    return parsed.ok
      ? parsed.parts.flatMap(part => ('expression' in part ? [part.expression.path] : []))
      : [];
  });
  return names
    .filter(
      ([root, name]) => root === 'message' && !(String(name) in messageFields) && !own.includes(String(name)),
    )
    .map(path => path.join('.'));
}

/** One line for people, in whatever script the plan has it; what a channel can't take it changes itself. */
export function asHeadline(text: string): string {
  return shorten(text.replace(/[\p{Cc}\s]+/gu, ' ').trim(), longestSubject);
}

/**
 * A subject that every e-mail path of SNS takes: one line of ASCII below 100 characters, since the API documents
 * UTF-8 while some of what it feeds still replaces other characters. Nothing that matters stands only in a subject.
 */
export function asSubject(text: string): string {
  const line = toAscii(text).replace(/\s+/g, ' ').trim();
  return line.length <= longestSubject ? line : `${line.slice(0, longestSubject - 3).trimEnd()}...`;
}

/** One line of at most 160 characters. The link is never cut; the words before it give way. */
export function asSms(subject: string, link?: string): string {
  const tail = link ? ` ${link}` : '';
  const line = toAscii(subject).replace(/\s+/g, ' ').trim();
  // A link that leaves no room for words is sent with a few anyway: two short messages are better than a bare link.
  const room = Math.max(longestSms - tail.length, 20);
  const words = line.length <= room ? line : `${line.slice(0, room - 3).trimEnd()}...`;
  return words + tail;
}

/** Printable ASCII: accents go, typographic signs become plain ones, anything else a question mark. */
function toAscii(text: string): string {
  return (
    text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/[‐-―−]/g, '-')
      .replace(/[‘’‚]/g, "'")
      .replace(/[“”„]/g, '"')
      .replace(/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}]/gu, ' ')
      // A picture says nothing that the words do not.
      .replace(/\p{Extended_Pictographic}|[\u{FE0F}\u{200D}]/gu, '')
      .replace(/[^ -~]/gu, '?')
  );
}
