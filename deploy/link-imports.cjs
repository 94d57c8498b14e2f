'use strict';
// A function's bundle is one file, so nothing is gained by importing parts of it late; and esbuild keeps the whole of
// a package that is reached by import(), unused operations and all. This links such imports of the handlers ahead of
// time: `import('./real-runtime.ts')`, and every action of a family for `import(`../shared/actions/rds/${name}.ts`)`.
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

const plugin = {
  name: 'link-imports',
  setup(build) {
    build.onLoad({ filter: /[\\/]handlers[\\/][\w-]+\.ts$/ }, ({ path }) => {
      const folder = dirname(path);
      const contents = linkImports(readFileSync(path, 'utf8'), beside => readdirSync(join(folder, beside)));
      return { contents, loader: 'ts' };
    });
  },
};

module.exports = [plugin];
module.exports.linkImports = linkImports;
