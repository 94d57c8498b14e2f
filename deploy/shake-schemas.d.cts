import type { Plugin } from 'esbuild';

declare const shake: {
  plugin: Plugin;
  literalKeys(text: string): string;
};
export = shake;
