'use strict';
// A function's bundle is one file, so nothing is gained by importing parts of it late; and esbuild keeps the whole of
// a package that is reached by import(), unused operations and all. This links such imports of the handlers ahead of
// time: `import('./real-runtime.ts')`, and the actions of a family for `import(`../shared/actions/rds/${name}.ts`)`. Of
// these only the kinds that the plan uses are linked: what is not in a function can't be called by mistake either.
const { readdirSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const oneFile = /\bimport\('(\.{1,2}\/[^']+)'\)/g;
const anyOfFolder = /\bimport\(`(\.{1,2}\/[^`$]+\/)\$\{(\w+)\}\.ts`\)/g;

/** Like a failed import, a name that is not there is a rejection. */
const find = `async function findLinked(modules, name) {
  const found = modules.get(name);
  if (!found) throw new Error('This bundle has no module ' + name);
  return found;
}`;

/** The text of a module with its late imports as early ones. `listFolder` names the files of a folder beside it. */
function linkImports(text, listFolder) {
  const early = [];
  const link = path => {
    const name = `linked${early.length}`;
    early.push(`import * as ${name} from ${JSON.stringify(path)};`);
    return name;
  };
  const linked = text
    .replace(oneFile, (_, path) => `Promise.resolve(${link(path)})`)
    .replace(anyOfFolder, (_, folder, variable) => {
      const files = listFolder(folder).filter(file => /^[\w-]+\.ts$/.test(file));
      const modules = files
        .sort()
        .map(file => `[${JSON.stringify(file.slice(0, -3))}, ${link(folder + file)}]`);
      return `findLinked(new Map([${modules.join(', ')}]), ${variable})`;
    });
  return [...early, ...(linked.includes('findLinked(') ? [find] : []), linked].join('\n');
}

/**
 * Whether a file beside a handler belongs into its bundle. `kinds` are the plan's, joined by commas, as serverless.cjs
 * leaves them in the environment; without it, such as in a test, all do.
 */
function belongs(folder, file, kinds) {
  const family = /\/shared\/actions\/([\w-]+)\/?$/.exec(folder.replaceAll('\\', '/'))?.[1];
  if (family === undefined || kinds === undefined) return true;
  return kinds.split(',').includes(`${family}.${file.replace(/\.ts$/, '')}`);
}

const plugin = {
  name: 'link-imports',
  setup(build) {
    build.onLoad({ filter: /[\\/]handlers[\\/][\w-]+\.ts$/ }, ({ path }) => {
      const folder = dirname(path);
      const list = beside => {
        const whole = join(folder, beside);
        return readdirSync(whole).filter(file => belongs(whole, file, process.env.LIFEBOAT_KINDS));
      };
      const contents = linkImports(readFileSync(path, 'utf8'), list);
      return { contents, loader: 'ts' };
    });
  },
};

module.exports = [plugin, require('./shake-schemas.cjs').plugin, require('./shake-drivers.cjs').plugin];
module.exports.linkImports = linkImports;
module.exports.belongs = belongs;
