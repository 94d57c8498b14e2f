import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'node_modules/**'],
    testTimeout: 60_000,
    pool: 'forks',
    // One worker less than there are cores is vitest's choice, which on two cores leaves one of them idle.
    maxWorkers: '100%',
    // Files share the modules that they import: a third of the whole time went into loading them again.
    isolate: false,
    setupFiles: ['test/support/setup.ts'],
  },
});
