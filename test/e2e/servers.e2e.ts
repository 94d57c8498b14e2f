import { describe, expect, inject, test } from 'vitest';

const servers = inject('servers');

/**
 * What is missing is left out of the other files; here it is said, and it fails, so that a suite that ran against
 * nothing never looks like one that passed.
 */
describe('the servers that the suite talks to', () => {
  test.each(Object.entries(servers))('%s is installed and answers', (_name, server) => {
    expect(server.up ? 'up' : server.why).toBe('up');
  });
});
