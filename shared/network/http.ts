import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { InvalidInputError, ServiceUnavailableError } from '../errors.ts';
import type { HttpRequest, HttpResponse } from '../ports.ts';

/** A check looks for a phrase, not for a download: more than this of a body is not read. */
const mostBodyBytes = 1024 * 1024;

/**
 * The real form of `Network.http`. Redirects are not followed: where a server sends us is an answer to judge, not a
 * success. With `connectTo` the connection goes there, while Host header, SNI and certificate name stay the URL's,
 * so a load balancer can be tried before its name points to it. `timeoutMs` covers everything from the name look-up
 * to the last byte. Rejects with ServiceUnavailableError when no answer comes, InvalidInputError for a bad URL.
 */
export async function sendHttp(request: HttpRequest): Promise<HttpResponse> {
  const url = parseUrl(request.url);
  const started = performance.now();
  try {
    const answer = await exchange(url, request);
    return { ...answer, latencyMs: Math.round(performance.now() - started) };
  } catch (cause) {
    throw new ServiceUnavailableError(
      `${request.url} did not answer: ${reasonOf(cause, request.timeoutMs)}`,
      {
        nextStep: 'Check that the host is up and reachable from where Lifeboat runs; the check is repeated.',
        cause,
      },
    );
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new InvalidInputError(`"${text}" is not an http or https URL`, {
    nextStep: 'Write the whole address in the plan, such as https://app.example.com/api/health.',
  });
}

function exchange(url: URL, request: HttpRequest): Promise<Omit<HttpResponse, 'latencyMs'>> {
  const secure = url.protocol === 'https:';
  const hostName = url.hostname.replace(/^\[|\]$/g, '');
  const options: https.RequestOptions = {
    method: request.method ?? 'GET',
    host: request.connectTo ?? hostName,
    port: url.port || (secure ? 443 : 80),
    path: `${url.pathname}${url.search}`,
    headers: { 'user-agent': 'lifeboat-check', ...request.headers, host: url.host },
    // SNI carries host names only (RFC 6066, section 3); an empty one switches it off.
    ...(secure && { servername: isIP(hostName) ? '' : hostName }),
    // A pooled connection would answer from the server that a name pointed to a minute ago.
    agent: false,
    signal: AbortSignal.timeout(request.timeoutMs),
  };
  return new Promise((resolve, reject) => {
    const sent = (secure ? https : http).request(options, response => {
      readBody(response).then(
        body => resolve({ status: response.statusCode ?? 0, headers: flatten(response.headers), body }),
        reject,
      );
    });
    sent.on('error', reject);
    sent.end(request.body);
  });
}

async function readBody(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= mostBodyBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, mostBodyBytes).toString('utf8');
}

function flatten(headers: http.IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

function reasonOf(cause: unknown, timeoutMs: number): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === 'AbortError' || cause.name === 'TimeoutError') return `nothing within ${timeoutMs} ms`;
  // With several addresses Node collects one error per address and leaves the message empty.
  if (cause instanceof AggregateError) return cause.errors.map(error => String(error.message)).join('; ');
  return cause.message;
}
