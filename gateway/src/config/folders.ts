import { statSync } from 'node:fs';
import { invalid, type Problem } from './problems.ts';
import type { BaseConfig } from './schema.ts';

/** Folders that must be there when the gateway starts, and are not. */
export function folderProblems({ pages: { folder } }: Pick<BaseConfig, 'pages'>): Problem[] {
  if (folder === undefined || isFolder(folder)) return [];
  return [invalid(['pages', 'folder'], `is ${folder}, which is no folder that is there: make it, or correct the path`)];
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
