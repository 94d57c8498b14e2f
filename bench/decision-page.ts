import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createDecideHandler } from '../handlers/decide.ts';
import { makeLink } from '../shared/communication/links.ts';
import { createQuestion } from '../shared/communication/questions.ts';
import { makeWorld, minute, restoreStep, stepEntry } from '../test/communication/fixture.ts';

export type PageFigures = { bytes: number; answerMs: number };

/** Processes that each answer once; the median counts. */
const rounds = 5;

/**
 * The approval page of an incident in the middle: its bytes, headers included, and the milliseconds of its first answer
 * in a process that has just imported the handler, with the records in memory. DynamoDB's answers come on top.
 */
export async function measureDecisionPage(): Promise<PageFigures> {
  const figures: PageFigures[] = [];
  for (let round = 0; round < rounds; round++) {
    const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url)]);
    figures.push(JSON.parse(stdout) as PageFigures);
  }
  return figures.sort((a, b) => a.answerMs - b.answerMs)[rounds >> 1] ?? { bytes: 0, answerMs: Number.NaN };
}

async function answerOnce(): Promise<PageFigures> {
  const world = await makeWorld();
  const found = stepEntry('restore', 'activate', 'done', 'The newest restore point is 3 minutes old.');
  for (let n = 0; n < 100; n++) await world.append(found);
  const question = await createQuestion(world.runtime, {
    run: world.run,
    step: restoreStep,
    attempt: 1,
    kind: 'approval',
    token: 'token',
    draft: {
      title: 'Activate the recovery site?',
      shows: Array.from(
        { length: 10 },
        (_, n) => `Finding ${n}: the newest restore point loses 300 seconds.`,
      ),
      askedOf: ['approver'],
      quorum: 2,
      answerWithinSeconds: 1800,
    },
  });
  const claims = { question: question.id, person: 'ben', expiresAt: new Date(minute(30)) };
  const key = await world.runtime.secret('', '');
  const link = new URL(makeLink('https://decide.example/', claims, world.run.incidentId, key));
  const handler = createDecideHandler(async () => world.runtime);
  const event = { rawQueryString: link.searchParams.toString(), requestContext: { http: { method: 'GET' } } };
  const startedAt = performance.now();
  const page = (await handler(event, {} as never)) as {
    statusCode: number;
    headers: Record<string, string>;
    body: string;
  };
  const answerMs = performance.now() - startedAt;
  if (page.statusCode !== 200) throw new Error(`the page answered ${page.statusCode}`);
  const headers = Object.entries(page.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return { bytes: Buffer.byteLength(headers.join('') + page.body), answerMs };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(JSON.stringify(await answerOnce()));
}
