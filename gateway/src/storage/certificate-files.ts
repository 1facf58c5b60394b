import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyPair } from '../access/certificates/certificate.ts';
import { certificatesIn } from '../access/certificates/certificate.ts';
import { replaceFile } from './atomic-file.ts';
import { makeFolder } from './owner.ts';

/** A file that is there and has no key with the certificate of that key, as after a power cut or a slip of somebody's hand. */
export class DamagedPair extends Error {
  constructor(path: string) {
    super(`${path} is damaged`);
    this.name = 'DamagedPair';
  }
}

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

  /** Undefined where there is none. Throws DamagedPair where what is there is none, and the system's error where it cannot be read. */
  async read(name: OwnCertificate): Promise<KeyPair | undefined> {
    const path = this.pathOf(name);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const key = /-----BEGIN PRIVATE KEY-----[^-]*-----END PRIVATE KEY-----\n?/.exec(text)?.[0];
    const certificate = certificatesIn(text).join('');
    if (key === undefined || !isKeyOf(key, certificate)) throw new DamagedPair(path);
    return { key, certificate };
  }

  /** Puts a damaged file out of the way, and says where it is. Throws the system's error. */
  async putAside(name: OwnCertificate): Promise<string> {
    const aside = `${this.pathOf(name)}.damaged`;
    await rename(this.pathOf(name), aside);
    return aside;
  }

  /** Throws the system's error. */
  async write(name: OwnCertificate, { key, certificate }: KeyPair): Promise<void> {
    await makeFolder(this.folder);
    await replaceFile(this.pathOf(name), key + certificate);
    if (name === 'authority') await replaceFile(join(this.folder, PUBLIC_FILE), certificate);
  }
}

/** Whether it is the key of the first of these certificates. */
function isKeyOf(key: string, certificate: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
