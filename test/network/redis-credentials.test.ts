import { expect, test } from 'vitest';
import { redisCredentials } from '../../shared/network/redis-credentials.ts';

test.each([
  ['an AUTH token', 'token\n', { password: 'token' }],
  ['user and password', '{"username":"app","password":"p"}', { username: 'app', password: 'p' }],
  ['a token under its name', '{"authToken":"t"}', { password: 't' }],
  ['a URL', 'rediss://app:p%40ss@cache:6379', { username: 'app', password: 'p@ss' }],
  ['a URL in JSON', '{"url":"redis://:p@cache"}', { password: 'p' }],
])('reads %s', (_name, secret, expected) => {
  expect(redisCredentials(secret)).toEqual(expected);
});

test.each(['', '{"user":"hush"}', '{not json hush', 'redis://hush@cache:6379'])(
  'refuses "%s" without quoting it',
  secret => {
    expect(() => redisCredentials(secret)).toThrow("The Redis credentials can't be used");
    expect(() => redisCredentials(secret)).not.toThrow('hush');
  },
);
