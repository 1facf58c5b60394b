import { printable } from '../../common/printable.ts';
import type { UploadEntry } from '../../web/api/uploads.ts';
import { askGateway } from '../ask-gateway.ts';
import { type ReachOptions, reachOf } from '../reach.ts';
import { EXIT, type Shell, say } from '../shell.ts';
import { sayTable } from '../table.ts';

export type UploadsOptions = ReachOptions;

/** `crosscomm uploads list`: what is on its way to the object store, and what cannot get there. */
export async function uploadsList(shell: Shell, options: UploadsOptions & { json?: boolean }): Promise<number> {
  const { fault, uploads } = (await ask(shell, options, 'GET', '')) as {
    fault: string | null;
    uploads: UploadEntry[];
  };
  if (options.json) {
    for (const upload of uploads) say(shell, JSON.stringify(upload));
    return EXIT.fine;
  }
  if (fault !== null) say(shell, `The object store cannot be used now: ${printable(fault)}`);
  if (uploads.length === 0) {
    say(shell, 'Nothing is on its way.');
    return EXIT.fine;
  }
  const row = ({ id, state, kind, received, size, from, to, name, reason }: UploadEntry): string[] => [
    id,
    state,
    kind === 'folder' ? '-' : size === null || size === received ? String(received) : `${received}/${size}`,
    printable(from),
    printable(to ?? '-'),
    printable(`${name}${kind === 'folder' ? '/' : ''}${reason === null ? '' : ` (${reason})`}`),
  ];
  sayTable(shell, ['ID', 'STATE', 'BYTES', 'FROM', 'TO', 'NAME'], uploads.map(row));
  return EXIT.fine;
}

/** `crosscomm uploads retry`: tries again what has failed. */
export async function uploadsRetry(shell: Shell, id: string, options: UploadsOptions): Promise<number> {
  await ask(shell, options, 'PUT', `/${encodeURIComponent(id)}/retry`);
  say(shell, `${printable(id)} is tried again.`);
  return EXIT.fine;
}

/** `crosscomm uploads drop`: gives an upload up, with its content. */
export async function uploadsDrop(shell: Shell, id: string, options: UploadsOptions): Promise<number> {
  await ask(shell, options, 'DELETE', `/${encodeURIComponent(id)}`);
  say(shell, `${printable(id)} is gone.`);
  return EXIT.fine;
}

async function ask(shell: Shell, options: UploadsOptions, method: string, path: string): Promise<unknown> {
  const { url, ...credential } = await reachOf(shell, options);
  return await askGateway(shell, url, method, `/api/v1/uploads${path}`, credential);
}
