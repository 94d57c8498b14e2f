import { afterAll, vi } from 'vitest';

const waiting: (() => void)[] = [];

/** Has something put back when the tests of the present file have ended, so that the next file starts from nothing. */
export function onTestsEnd(putBack: () => void): void {
  waiting.push(putBack);
}

/** Called once for each test file, by the setup file. */
export function putBackAfterTests(): void {
  afterAll(() => {
    for (const putBack of waiting.splice(0)) putBack();
    vi.unstubAllEnvs();
  });
}
