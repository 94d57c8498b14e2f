import { defineConfig } from 'vitest/config';

/** `npm run test:e2e -- --live`, once a person has allowed it; `test/e2e/live/live.ts` is what asks. */
export default defineConfig({
  test: {
    include: ['test/e2e/live/*.live.ts'],
    testTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 1,
  },
});
