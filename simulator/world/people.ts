import * as z from 'zod';
import { readToken } from '../../shared/communication/links.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { Functions } from './functions.ts';
import { type Arrived, onArrived } from './messages.ts';
import { pageEvent } from './page-event.ts';
import { taskTime } from './task-times.ts';
import type { World } from './world.ts';

/** Calls the decision page's handler with an event document, as Lambda would. */
export type DecidePage = (event: JsonObject) => Promise<z.output<typeof answerSchema>>;
const answerSchema = z.object({ statusCode: z.number(), body: z.string().optional() });

/** What somebody did with a link: looked at the page, or sent an answer. 500 when the page failed altogether. */
export type Deed = { atMs: number; person: string; what: string; statusCode: number };
export type People = { readonly deeds: readonly Deed[] };

/** How long people take. Assumptions about somebody who was just paged; drills replace them by measured times. */
const delays = {
  acknowledge: { minSeconds: 120, likelySeconds: 240, maxSeconds: 600 },
  decide: { minSeconds: 180, likelySeconds: 360, maxSeconds: 720 },
};
/** Mail gateways open every link before the person does. */
const scannerSeconds = 4;
/** A person who meets an error page tries again, so often and after so long. */
const tries = 3;
const againSeconds = 60;

/** What a person chooses, best first, of what the page offers. */
const preferences = ['acknowledge', 'approve', 'done', 'retry', 'abort'];
/** A failed step is retried so often, then given up. */
const retries = 2;

/** The decision page of a deployment that is being rehearsed. */
export function decidePage(functions: Pick<Functions, 'invoke'>): DecidePage {
  return async event => answerSchema.parse(await functions.invoke('decide', event));
}

/**
 * People who read what reaches them and use the links in it: they acknowledge, approve and decide after a while, each
 * link once. With the fault `no-approval` nobody answers anything. `decide` is the page's handler.
 */
export function createPeople(world: World, options: { decide: DecidePage }): People {
  const deeds: Deed[] = [];
  const seen = new Set<string>();
  const retried = new Map<string, number>();

  async function open(person: string, token: string, value?: string): ReturnType<DecidePage> {
    const form = value && { t: token, value, reason: 'Answered by a simulated person' };
    const failed = { statusCode: 500 };
    const response = await options.decide(pageEvent(world, token, form || undefined)).catch(() => failed);
    deeds.push({ atMs: world.nowMs(), person, what: value ?? 'look', statusCode: response.statusCode });
    return response;
  }

  /** Looks, chooses, sends. True when it has to be tried again. */
  async function useLink(person: string, token: string): Promise<boolean> {
    const page = await open(person, token);
    if (page.statusCode >= 500) return true;
    const value = page.statusCode === 200 ? choose(page.body ?? '', retried) : undefined;
    if (!value) return false;
    const sent = await open(person, token, value);
    if (sent.statusCode < 400) world.changed(`person/${person}`, `${person} answers: ${value}`, 'person');
    return sent.statusCode >= 500;
  }

  function later(seconds: number, deed: () => Promise<boolean>, left = 1): void {
    setTimeout(() => {
      void deed().then(again => {
        if (again && left > 1) later(againSeconds, deed, left - 1);
      });
    }, seconds * 1000);
  }

  onArrived(world, message => {
    const token = tokenIn(message);
    const claims = token ? readToken(token) : undefined;
    if (!token || !claims || seen.has(`${claims.question}/${claims.person}`)) return;
    const { question, person } = claims;
    seen.add(`${question}/${person}`);
    later(scannerSeconds, () => open(person, token).then(() => false));
    if (world.faults.has('no-approval')) return;
    const typical = question.startsWith('a')
      ? delays.acknowledge
      : (taskTime(world, question) ?? delays.decide);
    later(world.duration(typical, `person/${person}/${question}`), () => useLink(person, token), tries);
  });
  return { deeds };
}

function tokenIn({ text }: Arrived): string | undefined {
  return /https:\/\/\S+[?&]t=([A-Za-z0-9._-]+)/.exec(text)?.[1];
}

/** The button that is pressed; undefined for a page without buttons. */
function choose(html: string, retried: Map<string, number>): string | undefined {
  const offered = [...html.matchAll(/<button[^>]* value="([^"]+)"/g)].map(match => match[1] ?? '');
  const title = /<h1>(.*?)<\/h1>/s.exec(html)?.[1] ?? '';
  const before = retried.get(title) ?? 0;
  const value = preferences.find(
    choice => offered.includes(choice) && (choice !== 'retry' || before < retries),
  );
  if (value === 'retry') retried.set(title, before + 1);
  return value;
}
