import { readFile } from 'node:fs/promises';
import { limits, type TextProblem } from './yaml-problems.ts';

/** A plan's text with the name that findings give it, or a path to read it from. */
export type PlanSource = string | { text: string; file: string };
export type SourceText = {
  file: string;
  text?: string;
  problem?: Omit<TextProblem, 'offset'> & { line: number };
};

/** Reads a plan's text. Never throws: what can't be read is a problem in the answer. */
export async function readSource(source: PlanSource): Promise<SourceText> {
  if (typeof source !== 'string') return { ...source, ...checkText(source.text) };
  let bytes: Buffer;
  try {
    bytes = await readFile(source);
  } catch (error) {
    return { file: source, problem: { rule: 'unreadable-file', line: 1, ...whyUnreadable(error) } };
  }
  return { file: source, ...decode(bytes) };
}

function decode(bytes: Buffer): Omit<SourceText, 'file'> {
  if (bytes.length > limits.bytes) return { problem: tooLarge() };
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return { problem: notUtf8(1) };
  try {
    return checkText(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    // Replaces what is not UTF-8 by U+FFFD, to say in which line it is.
    const before = bytes.toString('utf8').split('\ufffd', 1)[0] ?? '';
    return { problem: bytes.includes(0) ? binary(1) : notUtf8(before.split('\n').length) };
  }
}

function checkText(text: string): Omit<SourceText, 'file'> {
  if (text.length > limits.bytes) return { problem: tooLarge() };
  const nul = text.indexOf('\0');
  if (nul >= 0) return { problem: binary(text.slice(0, nul).split('\n').length) };
  return { text };
}

function whyUnreadable(error: unknown): { message: string; mend: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return {
        message: 'There is no such file',
        mend: 'Give the path of a plan, such as plans/liquid-abt/plan.yml.',
      };
    case 'EISDIR':
      return { message: 'This is a folder', mend: 'Give the path of the plan file in it, such as plan.yml.' };
    case 'EACCES':
    case 'EPERM':
      return {
        message: 'The file may not be read',
        mend: 'Give the user that runs Lifeboat read permission.',
      };
    default:
      return { message: `The file can't be read${code ? ` (${code})` : ''}`, mend: 'Check the path.' };
  }
}

function tooLarge(): NonNullable<SourceText['problem']> {
  return {
    rule: 'too-large',
    line: 1,
    message: `The file is larger than ${limits.bytes / 1_000_000} MB`,
    mend: 'Check that this is a plan; a large one has about 100 KB.',
  };
}

function binary(line: number): NonNullable<SourceText['problem']> {
  return {
    rule: 'binary-file',
    line,
    message: 'This is not text: it has zero bytes in it',
    mend: 'Give the path of a plan, which is a YAML file.',
  };
}

function notUtf8(line: number): NonNullable<SourceText['problem']> {
  return {
    rule: 'not-utf8',
    line,
    message: 'The text is not UTF-8 from here on',
    mend: 'Save the file as UTF-8.',
  };
}
