import type { Plugin } from 'esbuild';

declare const plugins: Plugin[] & {
  linkImports(text: string, listFolder: (folder: string) => string[]): string;
};
export = plugins;
