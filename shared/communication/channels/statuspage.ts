import type { Json, JsonObject } from '../../json.ts';
import type { ChannelOf } from '../../plan/schema.ts';
import { ChannelError, type Delivery, defineAdapter } from './contract.ts';
import { exchange, secretOf, textField } from './exchange.ts';
import { shorten, withoutReference } from './text.ts';

type PageDelivery = Delivery<ChannelOf<'statuspage'>>;

const api = 'https://api.statuspage.io/v1';
/** Statuspage cuts what is longer. Source: its API reference, incidents, body. */
const longestBody = 25_000;

/**
 * An incident on Statuspage: made by the first message, updated by the others, resolved with the all-clear, and the
 * components with it. It carries Lifeboat's incident id as metadata; before anything is made or repeated it is looked
 * up, so that there is one, and no update twice.
 */
export const adapter = defineAdapter('statuspage', {
  repeat: 'look',
  secrets: ({ token }) => [token],
  async deliver(delivery) {
    // The public reads the page: nobody there knows what a drill is.
    if (delivery.message.mode === 'drill')
      throw new ChannelError('refused', 'A drill is not shown to the public.');
    const token = await secretOf(delivery.runtime, delivery.channel.token);
    const memory = await delivery.memory.read();
    const known = textField(memory, 'incident');
    const found = known ?? (await findIncident(delivery, token));
    const id = found ?? (await create(delivery, token));
    if (known === undefined) await delivery.memory.write({ ...memory, incident: id });
    if (found === undefined) return id;
    const mayBeThere = delivery.repeated || known === undefined;
    if (mayBeThere && (await hasUpdate(delivery, token, id))) return id;
    await call(delivery, token, 'PATCH', `/incidents/${id}`, { incident: content(delivery) });
    return id;
  },
});

async function create(delivery: PageDelivery, token: string): Promise<string> {
  const { message, channel } = delivery;
  const made = await call(delivery, token, 'POST', '/incidents', {
    incident: {
      name: shorten(message.subject, 255),
      // A planned move is no outage, whatever the channel says of one.
      impact_override: message.mode === 'planned' ? 'none' : channel.impact,
      metadata: { lifeboat: { incident: message.incident } },
      ...content(delivery),
    },
  });
  const id = textField(made, 'id');
  if (id === undefined) throw new ChannelError('unknown', 'Statuspage answered without an id.');
  return id;
}

function content({ message, channel }: PageDelivery): JsonObject {
  const ids = Object.keys(channel.components);
  const resolved = message.stage === 'resolved';
  const now = (status: string) =>
    resolved ? 'operational' : message.mode === 'planned' ? 'under_maintenance' : status;
  return {
    status: message.stage,
    body: shorten(withoutReference(message), longestBody),
    ...(ids.length > 0 && {
      component_ids: ids,
      components: Object.fromEntries(
        Object.entries(channel.components).map(([id, status]) => [id, now(status)]),
      ),
    }),
  };
}

/** The page's incident that was made for this one, though the answer got lost. */
async function findIncident(delivery: PageDelivery, token: string): Promise<string | undefined> {
  const open = await call(delivery, token, 'GET', '/incidents/unresolved');
  const found = (Array.isArray(open) ? (open as JsonObject[]) : []).find(incident => {
    const metadata = incident.metadata as JsonObject | undefined;
    return textField(metadata?.lifeboat, 'incident') === delivery.message.incident;
  });
  return textField(found, 'id');
}

async function hasUpdate(delivery: PageDelivery, token: string, id: string): Promise<boolean> {
  const incident = (await call(delivery, token, 'GET', `/incidents/${id}`)) as JsonObject;
  const updates = Array.isArray(incident.incident_updates) ? (incident.incident_updates as JsonObject[]) : [];
  const { status, body } = content(delivery);
  return updates.some(update => update.body === body && update.status === status);
}

async function call(
  { runtime, channel }: PageDelivery,
  token: string,
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: JsonObject,
): Promise<Json> {
  const answer = await exchange(runtime, {
    provider: 'Statuspage',
    url: `${api}/pages/${channel.page}${path}`,
    method,
    headers: { authorization: `OAuth ${token}` },
    secrets: [token],
    body,
  });
  return answer.json;
}
