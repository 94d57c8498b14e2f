'use strict';
// The SDK's clients describe every operation of a service, EC2's on 33,000 lines. esbuild leaves out what nothing refers
// to, but for descriptions with a key that is a constant, `{ [_xN]: … }`: what is in brackets might do something. With
// the constant's text in its place nothing is left of the operations that a function does not call.
const { readFileSync } = require('node:fs');

const constant = /^const (_\w+) = ("(?:[^"\\]|\\.)*");$/gm;
const computedKey = /\[(_\w+)\]:/g;

/** The text of a module of descriptions with its constant keys as they are meant. */
function literalKeys(text) {
  const known = new Map([...text.matchAll(constant)].map(([, name, value]) => [name, value]));
  return text.replace(computedKey, (whole, name) => (known.has(name) ? `${known.get(name)}:` : whole));
}

const plugin = {
  name: 'shake-schemas',
  setup(build) {
    const filter = /[\\/]@aws-sdk[\\/]client-[\w-]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/;
    build.onLoad({ filter }, ({ path }) => ({
      contents: literalKeys(readFileSync(path, 'utf8')),
      loader: 'js',
    }));
  },
};

module.exports = { plugin, literalKeys };
