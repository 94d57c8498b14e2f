import type { Evidence } from '../actions/contract.ts';
import { shortHash } from '../aws/names.ts';
import { messageKey } from '../incident/keys.ts';
import { readLedger } from '../incident/ledger.ts';
import type { Run } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import { loadSituation } from './compose.ts';
import { audienceKey, isTold } from './due-audiences.ts';
import { messageRecordSchema } from './message-record.ts';
import type { PlannedMessage } from './planned-message.ts';
import { routesOf } from './routes.ts';
import type { SendResult } from './send.ts';
import { openedAt, shift } from './situation.ts';
import { deliverMessage } from './tick.ts';

/** What a step tells an audience. `fields` are added to the template's `message.*`. */
export type Notice = { audience: string; template: string; fields?: Record<string, string> };

/**
 * Tells an audience something now. The same notice in the same run is sent once, and an audience that was told of the
 * opening or of the end already is not told so again. Never throws: what could not be delivered is in the evidence,
 * in the ledger, and goes to the next escalation level.
 */
export async function notifyAudience(runtime: Runtime, run: Run, notice: Notice): Promise<Evidence[]> {
  const audience = runtime.plan.audiences[notice.audience];
  if (!audience) return [{ what: `The plan has no audience "${notice.audience}"; nobody was told.` }];
  if (!isTold(audience, run.mode)) {
    return [{ what: `${audience.title} is not told of drills (template ${notice.template}).` }];
  }
  const evidence: Evidence[] = [];
  for (const route of routesOf(audience, keyOf(run, notice))) {
    evidence.push(await tellBy(runtime, run, notice, route));
  }
  return evidence;
}

async function tellBy(
  runtime: Runtime,
  run: Run,
  notice: Notice,
  route: { key: string; channels: readonly string[] },
): Promise<Evidence> {
  const { title = notice.audience, within = 0 } = runtime.plan.audiences[notice.audience] ?? {};
  const { key } = route;
  try {
    const known = await runtime.store.get(messageKey(run.incidentId, key));
    const before = known && messageRecordSchema.parse(known.data);
    if (before?.status === 'sent' && (await isInLedger(runtime, run, key))) {
      const { channel = '', providerId = '', endedAt: at = '' } = before;
      return evidenceOf(title, notice, { status: 'sent', channel, providerId, at });
    }
    const situation = await loadSituation(runtime, run);
    const now = situation.now.toISOString();
    const opening = key.startsWith('initial/');
    const message: PlannedMessage = {
      ...route,
      to: { audience: notice.audience },
      template: notice.template,
      sendAt: now,
      dueAt: shift(opening ? openedAt(situation) : now, within),
      ...(notice.fields && { fields: notice.fields }),
    };
    return evidenceOf(title, notice, await deliverMessage(runtime, situation, message));
  } catch (error) {
    runtime.log('error', 'An audience could not be told', { ...notice, error: String(error) });
    return { what: `${title} could not be told (${String(error).slice(0, 200)}).` };
  }
}

function keyOf(run: Run, { audience, template, fields }: Notice): string {
  const once = audienceKey(template, audience, run);
  if (once) return once;
  return `${template}/${audience}/step-${shortHash(JSON.stringify([run.id, Object.entries(fields ?? {}).sort()]), 8)}`;
}

async function isInLedger(runtime: Runtime, run: Run, key: string): Promise<boolean> {
  const ledger = await readLedger(runtime.store, run.incidentId);
  return ledger.some(({ entry }) => entry.type === 'message' && entry.key === key && entry.status === 'sent');
}

function evidenceOf(title: string, notice: Notice, result: SendResult): Evidence {
  const about = { audience: notice.audience, template: notice.template, status: result.status };
  switch (result.status) {
    case 'sent':
      return {
        what: `${title}: told (${notice.template}) through ${result.channel}.`,
        data: { ...about, channel: result.channel, providerId: result.providerId, at: result.at },
      };
    case 'failed':
      return {
        what: `${title} could not be told (${notice.template}): ${result.error} The next escalation level is asked to.`,
        data: about,
      };
    case 'withheld':
      return { what: `Dry run: ${title} would be told (${notice.template}).`, data: about };
    case 'busy':
      return { what: `${title}: another sender has the message (${notice.template}) in hand.`, data: about };
  }
}
