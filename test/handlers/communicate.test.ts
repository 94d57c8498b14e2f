import { PublishCommand } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { createCommunicateHandler } from '../../handlers/communicate.ts';
import { makeWorld } from '../communication/fixture.ts';

describe('the communicate function', () => {
  it('sends what is due and says when to call it again', async () => {
    const world = await makeWorld();
    world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
    const handler = createCommunicateHandler(async () => world.runtime);
    expect(await handler({ run: world.run }, {} as never)).toEqual({ next: 'wait', waitSeconds: 150 });
    expect(world.sns.commandCalls(PublishCommand)).toHaveLength(4);
  });

  it('refuses an event without a run', async () => {
    const world = await makeWorld();
    const handler = createCommunicateHandler(async () => world.runtime);
    await expect(handler({ run: { id: 'x' } }, {} as never)).rejects.toMatchObject({
      name: 'InvalidInputError',
    });
  });
});
