import { describe, expect, it } from 'vitest';
import { connectionUrl } from '../../shared/network/connection-url.ts';

const defaults = { port: 5432, database: 'shop' };

describe('connectionUrl', () => {
  it.each([
    ['a URL', 'postgresql://app:pw@db.example:6543/other', 'postgresql://app:pw@db.example:6543/other'],
    ['JSON with url', '{"url":"postgres://app:pw@db.example/other"}', 'postgres://app:pw@db.example/other'],
    [
      'the fields that RDS writes',
      '{"username":"app","password":"p@/s:w","host":"db.example","port":5433,"engine":"postgres"}',
      'postgresql://app:p%40%2Fs%3Aw@db.example:5433/shop',
    ],
    ['a URL without database', 'postgresql://app:pw@db.example', 'postgresql://app:pw@db.example/shop'],
  ])('reads %s', (_form, secret, url) => {
    expect(connectionUrl(secret, defaults)).toBe(url);
  });

  it('puts another host in, with the port of the component', () => {
    const secret = 'postgresql://app:pw@old.example:6543/shop?sslmode=verify-full';
    expect(connectionUrl(secret, { ...defaults, host: 'new.example' })).toBe(
      'postgresql://app:pw@new.example:5432/shop?sslmode=verify-full',
    );
  });

  it('takes the host from the step when the secret has none', () => {
    const secret = '{"username":"app","password":"pw"}';
    expect(connectionUrl(secret, { ...defaults, host: 'new.example' })).toBe(
      'postgresql://app:pw@new.example:5432/shop',
    );
    expect(() => connectionUrl(secret, defaults)).toThrow('names no host');
  });

  it('reads those of MySQL and MariaDB where the plan says so, and no others', () => {
    const mysql = { port: 3306, database: 'shop', host: 'db.example', engine: 'mariadb' };
    expect(connectionUrl('{"username":"app","password":"p@w","engine":"mysql"}', mysql)).toBe(
      'mysql://app:p%40w@db.example:3306/shop',
    );
    expect(connectionUrl('mysql://app:pw@old.example', mysql)).toBe('mysql://app:pw@db.example:3306/shop');
    expect(() => connectionUrl('postgresql://app:pw@db.example', mysql)).toThrow('no mysql:// URL');
    expect(() => connectionUrl('{"username":"app","password":"pw","engine":"mysql"}', defaults)).toThrow(
      'it is for mysql, and the plan says postgres',
    );
  });

  it.each(['hunter2', '{"password":"hunter2"}', '{"hunter2', 'mysql://app:hunter2@db/shop', ''])(
    'refuses %j without quoting it',
    secret => {
      let failure: unknown;
      try {
        connectionUrl(secret, defaults);
      } catch (error) {
        failure = error;
      }
      expect(failure).toMatchObject({ name: 'InvalidInputError' });
      expect(String(failure)).not.toContain('hunter2');
    },
  );
});
