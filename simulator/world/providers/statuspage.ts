import { type JsonObject, objectOrEmpty } from '../../../shared/json.ts';
import type { World } from '../world.ts';
import { type Asked, isTooFast, type Reply } from './provider.ts';

export type PageIncident = {
  id: string;
  name: string;
  status: string;
  metadata: JsonObject;
  incident_updates: { status: string; body: string }[];
};
export type Page = { incidents: PageIncident[]; components: Record<string, string> };

/** What the public sees of a status page. */
function statusPageOf(world: World, channel: string): Page {
  return world.state<Page>(`statuspage/${channel}`, () => ({ incidents: [], components: {} }));
}

/** 60 requests a minute for each key. Source: Statuspage API documentation, "Rate limiting". */
const mostPerMinute = 60;
const statuses = ['investigating', 'identified', 'monitoring', 'resolved'];

export function answerStatuspage(world: World, channel: string, { request, url, json }: Asked): Reply {
  if (isTooFast(world, `statuspage/${channel}`, mostPerMinute, 60)) {
    return { status: 420, body: { error: 'Rate limit exceeded' } };
  }
  const page = statusPageOf(world, channel);
  const id = /^\/v1\/pages\/[^/]+\/incidents(?:\/([^/]+))?$/.exec(url.pathname)?.[1];
  if (request.method === 'GET' && id === 'unresolved') {
    return { status: 200, body: page.incidents.filter(({ status }) => status !== 'resolved') };
  }
  const fields = objectOrEmpty(objectOrEmpty(json).incident);
  if (request.method === 'POST' && id === undefined) return create(world, page, fields);
  const incident = page.incidents.find(one => one.id === id);
  if (!incident) return { status: 404, body: { error: 'Not found' } };
  return request.method === 'PATCH' ? change(page, incident, fields) : { status: 200, body: incident };
}

function create(world: World, page: Page, fields: JsonObject): Reply {
  if (typeof fields.name !== 'string') return { status: 422, body: { error: ["name can't be blank"] } };
  const incident: PageIncident = {
    id: `i${Math.floor(world.random(`statuspage/${page.incidents.length}`) * 2 ** 40).toString(36)}`,
    name: fields.name,
    status: 'investigating',
    metadata: objectOrEmpty(fields.metadata),
    incident_updates: [],
  };
  const reply = change(page, incident, fields);
  if (reply.status !== 200) return reply;
  page.incidents.push(incident);
  return { status: 201, body: incident };
}

function change(page: Page, incident: PageIncident, fields: JsonObject): Reply {
  const status = String(fields.status ?? incident.status);
  if (!statuses.includes(status)) return { status: 422, body: { error: ['status is not a valid state'] } };
  incident.status = status;
  incident.incident_updates.unshift({ status, body: String(fields.body ?? '') });
  for (const [id, state] of Object.entries(objectOrEmpty(fields.components)))
    page.components[id] = String(state);
  return { status: 200, body: incident };
}
