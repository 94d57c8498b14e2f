import type { Place } from '../deployed/call-aws.ts';

export type Page = { status: number; html: string };

/**
 * What a person does with a link of Lifeboat: opens it, reads, and sends the form with a button. The name of the API is
 * AWS's; MiniStack serves it under a path of its own.
 */
export async function openPage(place: Place, link: string): Promise<Page> {
  const response = await fetch(addressOf(place, link));
  return { status: response.status, html: await response.text() };
}

/** Presses the button with this value, as a browser would: with the hidden fields of the form. */
export async function press(
  place: Place,
  link: string,
  { html }: Page,
  value: string,
  reason: string,
): Promise<Page> {
  const form = html.match(/<form[^>]*method="post"[^>]*>.*?<\/form>/s)?.[0] ?? '';
  if (!form.includes(`value="${value}"`)) throw new Error(`the page has no button for ${value}: ${html}`);
  const hidden = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)];
  const fields = Object.fromEntries(hidden.map(([, name = '', content = '']) => [name, content]));
  const response = await fetch(addressOf(place, link), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...fields, value, reason }),
  });
  return { status: response.status, html: await response.text() };
}

function addressOf({ endpoint }: Place, link: string): string {
  const { hostname, pathname, search } = new URL(link);
  return `${endpoint}/_aws/execute-api/${hostname.split('.')[0]}/$default${pathname}${search}`;
}

/** The link in a message, if it has one. */
export const linkIn = (text: string): string | undefined =>
  text.match(/https:\/\/\w+\.execute-api\.[^\s<>"']+/)?.[0];
