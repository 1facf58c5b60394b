import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { AddedCertificate } from '../../access/account-desk.ts';
import { printable } from '../../common/printable.ts';
import { withAccounts } from '../account-place.ts';
import { EXIT, type Shell, say, UsageError } from '../shell.ts';
import type { AccountOptions } from './account.ts';

export interface CertificateOptions extends AccountOptions {
  days?: string;
  out?: string;
  revoke?: string;
}

const DAYS = /^[1-9]\d{0,3}$/;

/** `crosscomm account certificate`: a client certificate as files, or one less. */
export async function accountCertificate(shell: Shell, name: string, options: CertificateOptions): Promise<number> {
  const { days = '365', out, revoke, json } = options;
  if (revoke !== undefined) {
    const id = revoke === 'all' ? undefined : revoke;
    const account = await withAccounts(shell, options, (desk) => desk.revokeCertificates(name, id));
    const done =
      id === undefined ? `Revoked all certificates of ${name}.` : `Revoked the certificate ${id} of ${name}.`;
    say(shell, json ? JSON.stringify(account) : done);
    return EXIT.fine;
  }
  if (!DAYS.test(days) || Number(days) > 3650)
    throw new UsageError(`--days is a number from 1 to 3650, not "${days}".`);
  const folder = json && out === undefined ? undefined : resolve(shell.cwd, out ?? '.');
  const keyFile = folder === undefined ? undefined : join(folder, `${name}.key`);
  if (keyFile !== undefined && existsSync(keyFile)) {
    throw new UsageError(`${printable(keyFile)} is there already, and stays: name another folder by --out.`);
  }
  const added = await withAccounts(shell, options, (desk) => desk.addCertificate(name, Number(days)));
  const files = folder === undefined ? undefined : await writeFiles(folder, added);
  if (json) say(shell, JSON.stringify(added));
  else if (files) {
    say(shell, `The certificate ${added.id} of ${name} is good until ${added.expires}.`);
    for (const [what, file] of files) say(shell, `${what}: ${file}`);
  }
  return EXIT.fine;
}

async function writeFiles(folder: string, added: AddedCertificate): Promise<[what: string, file: string][]> {
  const { account, certificate, key, authority } = added;
  const files: [what: string, file: string, text: string, mode: number][] = [
    ['Certificate', join(folder, `${account}.crt`), certificate, 0o644],
    ['Private key', join(folder, `${account}.key`), key, 0o600],
    ['The gateway', join(folder, 'ca.crt'), authority, 0o644],
  ];
  try {
    await mkdir(folder, { recursive: true });
    for (const [, file, text, mode] of files) {
      await writeFile(file, text, { mode });
    }
  } catch (error) {
    throw new UsageError(`The files cannot be written: ${(error as Error).message}`);
  }
  return files.map(([what, file]) => [what, file]);
}
