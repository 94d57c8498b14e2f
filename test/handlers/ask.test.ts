import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { PublishCommand } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, it } from 'vitest';
import { createAskHandler } from '../../handlers/ask.ts';
import { answerQuestion } from '../../shared/communication/answers.ts';
import { readQuestion } from '../../shared/communication/questions.ts';
import { writeStep } from '../../shared/runbook/step-record.ts';
import { firstRecord } from '../../shared/runbook/step-work.ts';
import { makeWorld, minute, restoreStep, type World } from '../communication/fixture.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
  world.sfn.on(SendTaskSuccessCommand).resolves({});
});

const question = {
  kind: 'approval',
  title: 'Activate Melbourne?',
  shows: ['Data lost: 300 s'],
  askedOf: ['approver'],
  quorum: 1,
  answerWithinSeconds: 1800,
};

/** What the step machine has stored when it asks. */
async function store(
  change: Parameters<typeof writeStep>[3] = record => record ?? firstRecord(restoreStep, minute(0)),
) {
  await writeStep(world.runtime.store, world.run.id, restoreStep.id, change);
}
const asking = () =>
  store(() => ({ ...firstRecord(restoreStep, minute(0)), status: 'asking', baseline: { question } }));

function call(change: Record<string, unknown> = {}) {
  const event = {
    operation: 'ask',
    run: world.run,
    step: restoreStep,
    kind: 'approval',
    token: 'token-1',
    answerWithinSeconds: 1800,
    ...change,
  };
  return createAskHandler(async () => world.runtime)(event, {} as never) as Promise<Record<string, string>>;
}
const published = () => world.sns.commandCalls(PublishCommand).map(({ args }) => args[0].input);

describe('asking', () => {
  it('sends each person what is decided and a link of their own', async () => {
    await asking();
    const { question: id } = await call();
    const [ben, cyd] = published();
    expect(ben?.Subject).toBe('Shop: your decision - Activate Melbourne?');
    expect(ben?.Message).toContain('Data lost: 300 s');
    expect(ben?.Message).toContain(`?t=${id}.ben.`);
    expect(ben?.Message).toContain('Asked: Ben Ruiz, Cyd Lam');
    // Cyd is reached by SMS.
    expect(cyd?.Message?.length).toBeLessThanOrEqual(160);
    expect(cyd?.Message).toContain(`?t=${id}.cyd.`);
  });

  it('again, after a crash, asks nobody twice and takes the new token', async () => {
    await asking();
    const first = await call();
    const second = await call({ token: 'token-2' });
    expect(second).toEqual(first);
    expect(published()).toHaveLength(2);
    expect((await readQuestion(world.runtime.store, first.question ?? ''))?.token).toBe('token-2');
  });

  it('again, when it was answered already, hands the answer over with the new token', async () => {
    await asking();
    const { question: id = '' } = await call();
    await answerQuestion(world.runtime, {
      questionId: id,
      person: 'ben',
      value: 'approve',
      reason: 'x',
      via: 'link',
    });
    await call({ token: 'token-2' });
    const tokens = world.sfn.commandCalls(SendTaskSuccessCommand).map(({ args }) => args[0].input.taskToken);
    expect(tokens).toEqual(['token-1', 'token-2']);
  });

  it('passes it on at once when a person can’t be reached', async () => {
    await asking();
    const down = Object.assign(new Error('down'), {
      name: 'InternalErrorException',
      $fault: 'server',
      $metadata: {},
    });
    world.sns.on(PublishCommand, { TopicArn: 'arn:aws:sns:ap-southeast-4:123456789012:lead' }).rejects(down);
    await call();
    const notices = published().filter(({ Subject }) => Subject?.includes('could not be delivered'));
    expect(notices.map(({ TopicArn }) => TopicArn?.split(':').at(-1))).toContain('chief');
  });

  it('about a failed step says what failed, to the commander and the first level', async () => {
    await store(() => ({
      ...firstRecord(restoreStep, minute(0)),
      status: 'failed',
      attempt: 2,
      reasons: [
        { what: 'No subnet group', mend: 'Create it.' },
        { what: 'Is the key there?', mend: 'Look.' },
      ],
    }));
    await world.append({
      type: 'step',
      run: world.run.id,
      phase: 'decide',
      step: 'commander',
      action: 'people.assign',
      status: 'done',
      attempt: 1,
      outputs: { person: 'cyd', role: 'incident-commander' },
    });
    const { question: id = '' } = await call({ kind: 'failed-step' });
    const stored = await readQuestion(world.runtime.store, id);
    expect(stored?.askedOf).toEqual(['ada', 'cyd']);
    expect(stored?.title).toBe('"Restore the database" failed: retry, skip or abort?');
    expect(stored?.shows.slice(0, 2)).toEqual(['No subnet group. Create it.', 'Is the key there? Look.']);
  });

  it('about the next attempt is another question', async () => {
    await store();
    const first = await call({ kind: 'failed-step' });
    await store(record => ({ ...(record ?? firstRecord(restoreStep, minute(0))), attempt: 2 }));
    expect(await call({ kind: 'failed-step' })).not.toEqual(first);
  });

  it('without a question of the step is an error that says what to do', async () => {
    await store();
    await expect(call()).rejects.toMatchObject({ name: 'InvalidInputError' });
  });

  it('with an event of another form is an error', async () => {
    await expect(call({ token: '' })).rejects.toMatchObject({ name: 'InvalidInputError' });
    await expect(call({ operation: 'tell' })).rejects.toMatchObject({ name: 'InvalidInputError' });
  });
});

describe('when nobody has answered', () => {
  it('closes the question and gives the machine an answer to go on with', async () => {
    await asking();
    await call();
    world.at(minute(30));
    expect(await call({ operation: 'timed-out' })).toEqual({
      value: 'timeout',
      by: 'nobody',
      at: minute(30),
    });
  });

  it('gives an answer even for a question that was never stored', async () => {
    expect(await call({ operation: 'timed-out' })).toMatchObject({ value: 'timeout', by: 'nobody' });
  });
});
