import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from './pages.ts';

const MODULES = [
  '@crosscomm/protocol',
  '@crosscomm/client',
  '@crosscomm/client/browser',
  '@crosscomm/sim',
  '@crosscomm/gateway',
];

/** What public names mention and is public by no name of its own: nobody has to write it, or it is a matter of the gateway's own rooms. */
const UNNAMED = ['BaseService', 'Init', 'T', 'VariableLink'];
const OWN = [
  'ConfigSection',
  'ConfigWith',
  'ListenerState',
  'MetricsRegistry',
  'ProtocolDefinition',
  'ProtocolSection',
  'configSchema',
];

/** A part of what TypeDoc says of a program. */
interface Reflection {
  name: string;
  children?: Reflection[];
}

/** The names of this project's that are mentioned below a node, and have no page. */
function mentioned(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const below = Object.values(node).flatMap(mentioned);
  const { type, name, target } = node as { type?: unknown; name?: unknown; target?: unknown };
  const isForeign = type !== 'reference' || typeof target !== 'object' || target === null;
  if (isForeign || !('packageName' in target) || !String(target.packageName).startsWith('@crosscomm/')) return below;
  return [...below, String(name)];
}

/** TypeDoc reads every source by a compiler that runs in JavaScript, beside whatever else the machine does. */
const PATIENCE_MS = 300_000;

// TypeDoc ends with an error for each public name without a comment, and for whatever else it warns of.
test(
  'the pages of the packages are made without a warning, of all modules that they offer',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'crosscomm-api-'));
    try {
      const json = join(folder, 'api.json');
      const args = ['scripts/api-pages.mjs', '--json', json];
      const { stderr } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
      expect(stderr).not.toMatch(/warning|error/i);
      const project = JSON.parse(readFileSync(json, 'utf8')) as Reflection;
      expect(project.children?.map(({ name }) => name).sort()).toEqual([...MODULES].sort());
      expect(mentioned(project).filter((name) => !UNNAMED.includes(name) && !OWN.includes(name))).toEqual([]);
      const names = project.children?.flatMap(({ children = [] }) => children.map(({ name }) => name)) ?? [];
      expect(names).toEqual(expect.arrayContaining(['FrameClient', 'CrossCommService', 'startGateway']));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  PATIENCE_MS,
);
