import { createHmac, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../../shared/json.ts';
import { sendHttp } from '../../../shared/network/http.ts';
import type { Network } from '../../../shared/ports.ts';

/** What the server does with the next request; afterwards it answers as the provider does. */
export type Mood = 'take' | 'refuse' | 'throttle' | 'fail' | 'stall' | 'take-and-drop';

export type Taken = {
  host: string;
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: JsonObject;
};

export const signingKey = 'a key for webhooks';

/**
 * One real HTTP server in place of all providers: it checks what each of them checks, and keeps what it has taken, so
 * that a test sees a message that came twice or not at all.
 */
export async function startProviders() {
  const moods: Mood[] = [];
  const requests: Taken[] = [];
  /** What people would see: one line for each message that was taken. */
  const shown: string[] = [];
  const state = {
    slack: [] as JsonObject[],
    incidents: [] as JsonObject[],
    alerts: new Map<string, string>(),
    webhooks: new Set<string>(),
  };
  const answer = (taken: Taken): { status: number; body: unknown } => {
    switch (taken.host) {
      case 'slack.com':
        return slack(taken);
      case 'hooks.slack.com':
        if (typeof taken.body.text !== 'string') return { status: 400, body: 'no_text' };
        shown.push(`webhook ${taken.body.text}`);
        return { status: 200, body: 'ok' };
      case 'events.pagerduty.com':
        return pagerduty(taken);
      case 'api.statuspage.io':
        return statuspage(taken);
      case 'teams.example':
        if (taken.body.type !== 'message' || !Array.isArray(taken.body.attachments))
          return { status: 400, body: '' };
        shown.push('card');
        return { status: 202, body: '' };
      default:
        return webhook(taken);
    }
  };
  const slack = ({ path, headers, body }: Taken) => {
    if (headers.authorization !== 'Bearer xoxb-token')
      return { status: 200, body: { ok: false, error: 'invalid_auth' } };
    if (path.startsWith('/api/conversations.')) {
      const thread = new URL(`http://x${path}`).searchParams.get('ts');
      return {
        status: 200,
        body: {
          ok: true,
          messages: state.slack.filter(
            ({ ts, thread_ts }) => !thread || ts === thread || thread_ts === thread,
          ),
        },
      };
    }
    const ts = `1773160000.00000${state.slack.length}`;
    state.slack.push({ ...body, ts });
    shown.push(`post ${body.text}${body.thread_ts ? ` in ${body.thread_ts}` : ''}`);
    return { status: 200, body: { ok: true, ts } };
  };
  const pagerduty = ({ path, body }: Taken) => {
    const payload = body.payload as JsonObject | undefined;
    const complete =
      body.event_action !== 'trigger' || (payload?.summary && payload.source && payload.severity);
    if (path !== '/v2/enqueue' || body.routing_key !== 'routing-key' || !complete)
      return { status: 400, body: { status: 'invalid event' } };
    const key = String(body.dedup_key);
    // An alert that is open notifies nobody again; one that is acknowledged stays so.
    const open = ['trigger', 'acknowledge'].includes(state.alerts.get(key) ?? '');
    if (!(body.event_action === 'trigger' && open)) {
      shown.push(`${body.event_action} ${key}`);
      state.alerts.set(key, String(body.event_action));
    }
    return { status: 202, body: { status: 'success', dedup_key: key } };
  };
  const statuspage = ({ method, path, headers, body }: Taken) => {
    if (headers.authorization !== 'OAuth page-token')
      return { status: 401, body: { error: 'Could not authenticate' } };
    const fields = (body.incident ?? {}) as JsonObject;
    if (method === 'GET' && path.endsWith('/unresolved'))
      return { status: 200, body: state.incidents.filter(({ status }) => status !== 'resolved') };
    if (method === 'POST') {
      const incident: JsonObject = {
        ...fields,
        id: `i${state.incidents.length}`,
        incident_updates: [{ status: fields.status ?? '', body: fields.body ?? '' }],
      };
      state.incidents.push(incident);
      shown.push(`made ${fields.status}`);
      return { status: 201, body: incident };
    }
    const incident = state.incidents.find(({ id }) => path.endsWith(`/incidents/${id}`));
    if (!incident) return { status: 404, body: { error: 'Not found' } };
    if (method === 'PATCH') {
      (incident.incident_updates as JsonObject[]).unshift({
        status: fields.status ?? '',
        body: fields.body ?? '',
      });
      Object.assign(incident, fields);
      shown.push(`updated ${fields.status}`);
    }
    return { status: 200, body: incident };
  };
  const webhook = ({ headers, body }: Taken) => {
    const id = String(headers['webhook-id']);
    const signed = `${id}.${headers['webhook-timestamp']}.${JSON.stringify(body)}`;
    const wanted = Buffer.from(`v1,${createHmac('sha256', signingKey).update(signed).digest('base64')}`);
    const given = Buffer.from(String(headers['webhook-signature']));
    if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) return { status: 401, body: '' };
    // A receiver drops what it has already; that is what the id is for.
    if (!state.webhooks.has(id)) shown.push(`webhook ${body.type}`);
    state.webhooks.add(id);
    return { status: 204, body: '' };
  };

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const taken: Taken = {
        host: String(request.headers['x-provider']),
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: text ? JSON.parse(text) : {},
      };
      requests.push(taken);
      const mood = moods.shift();
      if (mood === 'stall') return;
      if (mood === 'refuse') {
        // Some echo what they were sent, the key included.
        const said = `no ${taken.headers.authorization ?? taken.body.routing_key ?? taken.path} for you`;
        return void response.writeHead(403).end(JSON.stringify({ error: said }));
      }
      if (mood === 'throttle') return void response.writeHead(429, { 'retry-after': '7' }).end('slow down');
      if (mood === 'fail') return void response.writeHead(500).end('<html>oops</html>');
      const { status, body } = answer(taken);
      if (mood === 'take-and-drop') return void request.socket.destroy();
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  /** The real client; only the address is another. */
  const reach: Network['http'] = request => {
    const url = new URL(request.url);
    return sendHttp({
      ...request,
      url: `http://127.0.0.1:${port}${url.pathname}${url.search}`,
      headers: { ...request.headers, 'x-provider': url.hostname },
      timeoutMs: Math.min(request.timeoutMs, 250),
    });
  };
  return {
    http: reach,
    moods,
    requests,
    shown,
    state,
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}
