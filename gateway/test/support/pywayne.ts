import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { GatewayProcess } from './gateway-process.ts';
import type { Program } from './program.ts';
import { startPython } from './python.ts';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** It takes two seconds; on a machine that runs everything else at once, many. */
const LIMIT_MS = 60_000;

/** Logs an unmodified pywayne client in, which has no object storage but the gateway. `id` is new to this gateway. */
export async function joinPywayne(gateway: GatewayProcess, id: string): Promise<Program> {
  const program = startPython(id, 'pywayne_agent.py', [], { env: await createKey(gateway, id) });
  await program.take('started', {}, LIMIT_MS);
  const downloads = join(gateway.folder, 'downloads', id);
  program.command({ do: 'login', client_id: id, ...gateway.ready.http, downloads });
  await program.take('login', { success: true }, LIMIT_MS);
  await program.take('message', { type: 'login_response', content: { status: 'success' } }, LIMIT_MS);
  return program;
}

/** The variables that `crosscomm oss-keys create` prints, for the port that the gateway really has. */
async function createKey(gateway: GatewayProcess, name: string): Promise<NodeJS.ProcessEnv> {
  const args = [COMMAND, 'oss-keys', 'create', name, '--data-dir', gateway.dataDir];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const variables = [...stdout.matchAll(/^export (OSS_[A-Z_]+)=(.*)$/gm)].map(([, key, value]) => [key, value]);
  return { ...Object.fromEntries(variables), OSS_ENDPOINT: `http://127.0.0.1:${gateway.ready.oss.port}` };
}
