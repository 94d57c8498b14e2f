import type { Plugin } from 'esbuild';

declare const plugins: Plugin[] & {
  linkImports(text: string, listFolder: (folder: string) => string[]): string;
  belongs(folder: string, file: string, kinds: string | undefined): boolean;
};
export = plugins;
