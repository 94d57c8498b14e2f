import type { World } from '../../world/world.ts';
import { versionOf } from './engines.ts';
import { databaseAt } from './who-answers.ts';

/**
 * What a database says to a request over HTTP: Neptune tells its health and its role, any other speaks no HTTP. Source:
 * Neptune User Guide, "Health Status".
 */
export function answerAsDatabase(world: World, host: string, path: string): { status: number; body: string } {
  const found = databaseAt(world, host);
  if (found?.engine !== 'neptune') return { status: 400, body: 'Bad Request' };
  if (path !== '/status') return { status: 404, body: '{"code":"BadRequestException"}' };
  const role = found.writable ? 'writer' : 'reader';
  return {
    status: 200,
    body: JSON.stringify({ status: 'healthy', dbEngineVersion: versionOf('neptune'), role }),
  };
}
