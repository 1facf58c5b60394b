import { dirname, join } from 'node:path';
import { parseSync } from 'vite';

/**
 * What a module imports, for types too.
 *
 * @param {string} file its path
 * @param {string} source its text
 * @returns {{ line: number, from: string, path: string | undefined }[]} `from` is what is written there; `path` is the file that this
 *   is, and undefined for a package
 */
export function importsOf(file, source) {
  const { module, errors } = parseSync(file, source);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  const requests = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest),
    ...module.staticExports.flatMap(({ entries }) => entries.map(({ moduleRequest }) => moduleRequest)),
    ...module.dynamicImports.map(({ moduleRequest }) => moduleRequest),
  ];
  return requests.flatMap((request) => {
    const written = /^(['"])(.*)\1$/.exec(request ? source.slice(request.start, request.end) : '')?.[2];
    if (!request || written === undefined) return [];
    const path = written.startsWith('.') ? join(dirname(file), written) : undefined;
    return [{ line: source.slice(0, request.start).split('\n').length, from: written, path }];
  });
}
