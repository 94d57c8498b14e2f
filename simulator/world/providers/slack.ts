import { type JsonObject, objectOrEmpty } from '../../../shared/json.ts';
import { arrive } from '../messages.ts';
import type { World } from '../world.ts';
import { type Asked, isTooFast, type Reply } from './provider.ts';

type Post = { ts: string; thread_ts?: string; text: string; metadata?: JsonObject };

/** Messages that a channel of Slack holds, oldest first. */
function slackPosts(world: World, channel: string): Post[] {
  return world.state<Post[]>(`slack/${channel}`, () => []);
}

/** Slack's Web API: 1 message a second for each channel, short bursts above it. Source: Slack, "Rate limits". */
const most = 5;
const windowSeconds = 5;

export function answerSlack(world: World, channel: string, { url, json }: Asked): Reply {
  const posts = slackPosts(world, channel);
  switch (url.pathname) {
    case '/api/chat.postMessage':
      return post(world, channel, posts, objectOrEmpty(json));
    case '/api/conversations.history':
      return ok({ messages: posts.filter(({ thread_ts }) => thread_ts === undefined).reverse() });
    case '/api/conversations.replies': {
      const thread = url.searchParams.get('ts');
      return ok({ messages: posts.filter(({ ts, thread_ts }) => ts === thread || thread_ts === thread) });
    }
    default:
      return { status: 200, body: { ok: false, error: 'unknown_method' } };
  }
}

/** An incoming webhook answers in plain text. */
export function answerSlackWebhook(world: World, channel: string, { json }: Asked): Reply {
  if (isTooFast(world, `slack/${channel}`, most, windowSeconds)) return tooFast();
  const { text } = objectOrEmpty(json);
  if (typeof text !== 'string' || text === '') return { status: 400, body: 'no_text' };
  slackPosts(world, channel).push({ ts: timestamp(world, channel), text });
  arrive(world, `channel/${channel}`, readable(objectOrEmpty(json)));
  return { status: 200, body: 'ok' };
}

function post(world: World, channel: string, posts: Post[], body: JsonObject): Reply {
  if (isTooFast(world, `slack/${channel}`, most, windowSeconds)) return tooFast();
  if (typeof body.channel !== 'string')
    return { status: 200, body: { ok: false, error: 'channel_not_found' } };
  if (typeof body.text !== 'string') return { status: 200, body: { ok: false, error: 'no_text' } };
  const ts = timestamp(world, channel);
  const thread = typeof body.thread_ts === 'string' ? body.thread_ts : undefined;
  posts.push({
    ts,
    ...(thread && { thread_ts: thread }),
    text: body.text,
    ...(body.metadata !== undefined && { metadata: objectOrEmpty(body.metadata) }),
  });
  arrive(world, `channel/${channel}`, readable(body));
  return ok({ ts, channel: body.channel });
}

const ok = (fields: Record<string, unknown>): Reply => ({
  status: 200,
  body: { ok: true, ...fields } as JsonObject,
});
const tooFast = (): Reply => ({
  status: 429,
  body: { ok: false, error: 'ratelimited' },
  headers: { 'retry-after': '1' },
});

function timestamp(world: World, channel: string): string {
  const count = slackPosts(world, channel).length;
  return `${Math.floor(world.nowMs() / 1000)}.${String(count).padStart(6, '0')}`;
}

/** What a person sees: texts, and where the buttons lead. */
function readable(body: JsonObject): string {
  const blocks = Array.isArray(body.blocks) ? body.blocks.map(objectOrEmpty) : [];
  const urls = blocks.flatMap(({ elements }) =>
    Array.isArray(elements) ? elements.flatMap(element => objectOrEmpty(element).url ?? []) : [],
  );
  return [body.text, ...blocks.flatMap(({ text }) => objectOrEmpty(text).text ?? []), ...urls].join('\n');
}
