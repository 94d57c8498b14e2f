import { appendEntry } from '../incident/ledger.ts';
import type { Run } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import { deliver } from './answers.ts';
import { compose, loadSituation } from './compose.ts';
import { dueMessages, type PlannedMessage, recipientName } from './due.ts';
import { audiencesOf } from './due-audiences.ts';
import { newlyLate } from './due-late.ts';
import { waitingMessages } from './message-record.ts';
import { type SendResult, sendMessage } from './send.ts';
import type { Situation } from './situation.ts';

/** What the communication machine does next. `waitSeconds` is from 1 to 900. */
export type TickReply = { next: 'wait' | 'done'; waitSeconds: number };

/** Longest wait while a run goes on: its end is noticed, and told, this late at the most. */
const longestWaitSeconds = 300;
/** Shortest of the longest waits, for audiences with a very short deadline. */
const shortestLookSeconds = 15;
/** Wait after something that another sender has in hand, or that could not be recorded. */
const retrySeconds = 30;
/** One call sends for so long; what is left is sent by the next one. Below the function's time-out. */
const sendingSeconds = 45;
/** When it gives up on messages that can't be brought out after the end of a run. */
const lingerSeconds = 1800;

/**
 * Sends everything that is due now and says when to come back. Never throws for a message or an answer that fails,
 * and throws for a store that can't be read, which the machine retries.
 */
export async function tick(runtime: Runtime, run: Run): Promise<TickReply> {
  const startedMs = runtime.clock.now().getTime();
  let busy = await redeliver(runtime, await loadSituation(runtime, run));
  const retries: string[] = [];
  // A message that fails makes another one due, to the next level; each round goes one level up.
  for (let round = 0; round <= runtime.plan.escalation.length + 1; round++) {
    const situation = await loadSituation(runtime, run);
    const { due } = dueMessages(situation);
    if (due.length === 0) break;
    await recordLate(runtime, situation, due);
    for (const message of due) {
      if (runtime.clock.now().getTime() - startedMs > sendingSeconds * 1000)
        return { next: 'wait', waitSeconds: 1 };
      const result = await deliverMessage(runtime, situation, message);
      if (result.status !== 'busy') continue;
      if (result.retryAt) retries.push(result.retryAt);
      else busy = true;
    }
    await recordEscalation(runtime, situation, due);
    if (busy || retries.length > 0) break;
  }
  retries.push(...(await takeUpWaiting(runtime, run)));
  return reply(await loadSituation(runtime, run), busy, retries.sort()[0]);
}

/**
 * Sends messages that were begun and that no calendar plans: a step's, whose channel asked to wait longer than the step
 * could. Answers when those that still wait are free.
 */
async function takeUpWaiting(runtime: Runtime, run: Run): Promise<string[]> {
  const waiting = await waitingMessages(runtime.store, run.incidentId);
  if (waiting.length === 0) return [];
  const situation = await loadSituation(runtime, run);
  const retries: string[] = [];
  for (const { message, freeAt } of waiting) {
    if (Date.parse(freeAt) > situation.now.getTime()) {
      retries.push(freeAt);
      continue;
    }
    const result = await deliverMessage(runtime, situation, message);
    if (result.status === 'busy' && result.retryAt) retries.push(result.retryAt);
  }
  return retries;
}

/** Writes one message and sends it. Never throws. */
export async function deliverMessage(
  runtime: Runtime,
  situation: Situation,
  message: PlannedMessage,
): Promise<SendResult> {
  try {
    const rendered = await compose(runtime, situation, message, message.fields);
    return await sendMessage(runtime, situation.run, message, rendered);
  } catch (error) {
    runtime.log('error', 'A message could not be written; it stays due', {
      key: message.key,
      error: String(error),
    });
    return { status: 'busy' };
  }
}

/** `retryAt`: when the first channel that asked to wait may be tried again. */
function reply(situation: Situation, busy: boolean, retryAt: string | undefined): TickReply {
  const { due, nextDueAt, over } = dueMessages(situation);
  const nowMs = situation.now.getTime();
  if (over && due.length === 0 && retryAt === undefined) return { next: 'done', waitSeconds: 1 };
  if (over && nowMs - endedMs(situation) > lingerSeconds * 1000) return { next: 'done', waitSeconds: 1 };
  if (busy || due.length > 0 || retryAt !== undefined) {
    const untilRetry = retryAt ? Math.ceil((Date.parse(retryAt) - nowMs) / 1000) : retrySeconds;
    return { next: 'wait', waitSeconds: Math.min(Math.max(untilRetry, 1), retrySeconds) };
  }
  const longest = lookEverySeconds(situation);
  const untilNext = nextDueAt ? Math.ceil((Date.parse(nextDueAt) - nowMs) / 1000) : longest;
  return { next: 'wait', waitSeconds: Math.min(Math.max(untilNext, 1), longest) };
}

/** Half of the shortest deadline, so that nobody hears of the end too late because nobody looked. */
function lookEverySeconds(situation: Situation): number {
  const deadlines = audiencesOf(situation).map(
    id => situation.plan.audiences[id]?.within ?? longestWaitSeconds,
  );
  const half = Math.floor(Math.min(2 * longestWaitSeconds, ...deadlines) / 2);
  return Math.max(half, shortestLookSeconds);
}

function endedMs(situation: Situation): number {
  const end = situation.ledger.findLast(
    ({ entry }) => entry.type === 'run-ended' || entry.type === 'incident-resolved',
  );
  return end ? Date.parse(end.at) : situation.now.getTime();
}

/** Hands over answers that were recorded and did not reach their machine. True if one still could not be. */
async function redeliver(runtime: Runtime, situation: Situation): Promise<boolean> {
  let failed = false;
  for (const question of situation.questions) {
    if (question.status !== 'answered' || question.delivered) continue;
    try {
      await deliver(runtime, question);
    } catch (error) {
      failed = true;
      runtime.log('error', 'An answer could not be handed over', {
        question: question.id,
        error: String(error),
      });
    }
  }
  return failed;
}

/** That somebody was not told in time, or has not done what is due, is a fact of the incident; it is said once. */
async function recordLate(
  runtime: Runtime,
  situation: Situation,
  due: readonly PlannedMessage[],
): Promise<void> {
  const { store, clock } = runtime;
  const { incidentId } = situation.run;
  for (const { key, to, template, dueAt } of newlyLate(situation, due)) {
    const entry = { type: 'message-late', key, audience: recipientName(to), template, dueAt } as const;
    await appendEntry(store, clock, incidentId, entry, { idempotencyKey: `late/${key}` });
  }
  for (const { id, title, owners, tell, dueAt, done } of situation.tasks ?? []) {
    if (done || tell !== undefined || Date.parse(dueAt) > situation.now.getTime()) continue;
    const entry = { type: 'task-overdue', task: id, title, owners } as const;
    await appendEntry(store, clock, incidentId, entry, { idempotencyKey: `task/${id}/overdue` });
  }
}

/** Says in the ledger which levels were called, and for what. */
async function recordEscalation(
  runtime: Runtime,
  situation: Situation,
  sent: readonly PlannedMessage[],
): Promise<void> {
  const groups = new Map<string, { level: number; people: string[]; task: string | undefined }>();
  for (const { key, level, to, task } of sent) {
    if (level === undefined || !('person' in to)) continue;
    const group = key.slice(0, key.lastIndexOf('/person:'));
    const title = situation.tasks?.find(({ id }) => id === task)?.title;
    const known = groups.get(group) ?? { level, people: [], task: title };
    groups.set(group, { ...known, people: [...known.people, to.person] });
  }
  for (const [group, { level, people, task }] of groups) {
    await appendEntry(
      runtime.store,
      runtime.clock,
      situation.run.incidentId,
      { type: 'escalated', level, people, ...(task && { task }) },
      { idempotencyKey: `escalated/${group}` },
    );
  }
}
