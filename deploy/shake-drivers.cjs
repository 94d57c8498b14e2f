'use strict';
// The clients of databases bring far more than is asked of them, and a function is loaded the slower the more is in it.
// mysql2 alone is a megabyte: certificates of RDS (the Lambda runtime has them), pools and a server, names of 5,000 errors
// (their numbers say the same), and tables of every character set (the client asks for utf8mb4). What is left out here
// refuses loudly where it would have been used. A client whose engine the plan has not is left out whole.
const nothing = 'module.exports = {};';
const refuse = what =>
  `module.exports = () => { throw new Error(${JSON.stringify(`This bundle was made without ${what}`)}); };`;

/** Text of a module by the end of its path; the rest of a driver is as it is. */
const inMysql = {
  'mysql2/index.js': "exports.createConnection = require('./lib/create_connection.js');",
  'mysql2/package.json': '{"version":"bundled"}',
  'lib/constants/errors.js': nothing,
  'lib/constants/ssl_profiles.js': nothing,
  'lib/commands/index.js':
    "module.exports = { ClientHandshake: require('./client_handshake.js'), Query: require('./query.js'), Quit: require('./quit.js') };",
  'lib/promise/connection.js': refuse('promises of mysql2'),
  'lib/parsers/text_parser.js': refuse('parsers that are made at run time'),
  'lib/parsers/binary_parser.js': refuse('prepared statements'),
  'lib/parsers/static_binary_parser.js': refuse('prepared statements'),
  'lib/compressed_protocol.js':
    'exports.enableCompression = () => { throw new Error("This bundle was made without compression"); };',
};

/** What mysql2 asks of iconv-lite, for the encodings that Node has itself. */
const iconv = `
// What stands in the greeting, and in errors before anything was agreed, is called cesu8: UTF-8 but for emojis.
const known = new Map([['utf8', 'utf8'], ['cesu8', 'utf8'], ['utf-8', 'utf8'], ['ascii', 'latin1'], ['latin1', 'latin1'], ['binary', 'latin1']]);
const of = encoding => {
  const found = known.get(String(encoding).toLowerCase());
  if (found) return found;
  throw new Error('The server answered in the character set ' + encoding + ', and only utf8mb4 was asked for');
};
exports.decode = (buffer, encoding) => buffer.toString(of(encoding));
exports.encode = (text, encoding) => Buffer.from(text, of(encoding));
exports.encodingExists = encoding => known.has(String(encoding).toLowerCase());
exports.getDecoder = encoding => { const name = of(encoding); return { write: buffer => buffer.toString(name), end: () => undefined }; };
exports.getEncoder = encoding => { const name = of(encoding); return { write: text => Buffer.from(text, name), end: () => undefined }; };
`;

/** Which engines a plan has, joined by commas, as serverless.cjs leaves them in the environment; all without it. */
const speaks = engine => {
  const engines = process.env.LIFEBOAT_ENGINES;
  return engines === undefined || engines.split(',').includes(engine);
};

const unpacked = (name, engine) =>
  `export const ${name} = () => Promise.reject(new Error("This function was packaged for a plan without ${engine}"));`;

/** What is about one engine only, and what stands for it where a plan has none of that engine. */
const ofEngine = [
  {
    engine: 'postgres',
    file: 'network/postgres-client.ts',
    without: unpacked('connectPostgres', 'postgres'),
  },
  { engine: 'mysql', file: 'network/mysql-client.ts', without: unpacked('connectMysql', 'mysql') },
  {
    engine: 'mysql',
    file: 'sql/dialects/mysql.ts',
    without: "export const mysql = { name: 'MySQL', protocol: 'mysql:', port: 3306 };",
  },
  {
    engine: 'mysql',
    file: 'aws/rds-replica-metric.ts',
    without:
      'export const replayedByMetric = async (_context, _region, _identifier, why) => ({ known: false, why });',
  },
];

const plugin = {
  name: 'shake-drivers',
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/]mysql2[\\/].*\.(js|json)$/ }, ({ path }) => {
      const place = path.replaceAll('\\', '/');
      const known = Object.keys(inMysql).find(end => place.endsWith(`/${end}`));
      return known && { contents: inMysql[known], loader: place.endsWith('.json') ? 'json' : 'js' };
    });
    build.onLoad({ filter: /[\\/]node_modules[\\/]iconv-lite[\\/]lib[\\/]index\.js$/ }, () => ({
      contents: iconv,
      loader: 'js',
    }));
    build.onLoad({ filter: /[\\/]shared[\\/](network|sql|aws)[\\/].*\.ts$/ }, ({ path }) => {
      const place = path.replaceAll('\\', '/');
      const known = ofEngine.find(({ file }) => place.endsWith(`/shared/${file}`));
      return known && !speaks(known.engine) ? { contents: known.without, loader: 'js' } : undefined;
    });
  },
};

module.exports = { plugin };
