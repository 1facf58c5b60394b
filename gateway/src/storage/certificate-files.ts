import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyPair } from '../access/certificates/certificate.ts';
import { certificatesIn } from '../access/certificates/certificate.ts';
import { replaceFile } from './atomic-file.ts';
import { makeFolder } from './owner.ts';

/** The certificates that the gateway makes itself. */
export type OwnCertificate = 'authority' | 'server';

/** The authority's certificate, for those who copy it by hand. */
const PUBLIC_FILE = 'ca.crt';

/**
 * The folder `tls` of the data directory: `authority.pem` and `server.pem`, each a private key and its certificates in one file, so that
 * the two are replaced together. Only the user of the gateway can read them.
 */
export class CertificateFiles {
  readonly folder: string;

  constructor(dataDir: string) {
    this.folder = join(dataDir, 'tls');
  }

  pathOf(name: OwnCertificate): string {
    return join(this.folder, `${name}.pem`);
  }

  /** Undefined where there is none, or what is there is none. Throws the system's error where it cannot be read. */
  async read(name: OwnCertificate): Promise<KeyPair | undefined> {
    const text = await readFile(this.pathOf(name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const key = /-----BEGIN PRIVATE KEY-----[^-]*-----END PRIVATE KEY-----\n?/.exec(text)?.[0];
    const certificate = certificatesIn(text).join('');
    return key === undefined || certificate === '' ? undefined : { key, certificate };
  }

  /** Throws the system's error. */
  async write(name: OwnCertificate, { key, certificate }: KeyPair): Promise<void> {
    await makeFolder(this.folder);
    await replaceFile(this.pathOf(name), key + certificate);
    if (name === 'authority') await replaceFile(join(this.folder, PUBLIC_FILE), certificate);
  }
}
