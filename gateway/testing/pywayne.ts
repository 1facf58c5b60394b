import { join } from 'node:path';
import type { GatewayProcess } from './gateway-process.ts';
import { createOssKeys } from './oss-keys.ts';
import type { Program } from './program.ts';
import { startPython } from './python.ts';

/** It takes two seconds; on a machine that runs everything else at once, many. */
const LIMIT_MS = 60_000;

/** Logs an unmodified pywayne client in, which has no object storage but the gateway. `id` is new to this gateway. */
export async function joinPywayne(gateway: GatewayProcess, id: string): Promise<Program> {
  const program = startPython(id, 'pywayne_agent.py', [], { env: await createOssKeys(gateway, id) });
  await program.take('started', {}, LIMIT_MS);
  const downloads = join(gateway.folder, 'downloads', id);
  program.command({ do: 'login', client_id: id, ...gateway.ready.http, downloads });
  await program.take('login', { success: true }, LIMIT_MS);
  await program.take('message', { type: 'login_response', content: { status: 'success' } }, LIMIT_MS);
  return program;
}
