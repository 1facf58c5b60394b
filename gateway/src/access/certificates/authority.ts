import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type { Extension, X509CertificateCreateParamsBase } from '@peculiar/x509';
import { type CertificateFacts, factsOf, type KeyPair } from './certificate.ts';

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3653;
const SERVER_DAYS = 366;
/**
 * When every certificate begins: a machine without a clock believes that it is 1970, and so do the devices that check what it shows
 * them, until somebody tells them the time.
 */
const BEGINNING = new Date(0);
/** A clock that is further behind has not been set: certificates made by it would have ended before it is. */
const EARLIEST_NOW_MS = Date.UTC(2026, 0, 1);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The library is loaded where a certificate is made, once a year, and in no gateway without TLS. */
async function library(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}

/** Milliseconds since 1970; for a clock that has not been set, a time that it cannot be before. */
export function plausibleNow(nowMs: number): number {
  return Math.max(nowMs, EARLIEST_NOW_MS);
}

/**
 * Makes an authority of this gateway's own: ECDSA P-256, ten years. It may sign server and client certificates, and no other authority.
 *
 * @param name what people see where they trust it
 */
export async function makeAuthority(name: string, nowMs: number): Promise<KeyPair> {
  const x509 = await library();
  const keys = await newKeys();
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    // Two gateways of one name have different authorities, and those must not be taken for each other.
    name: [{ CN: [`${name} ${randomBytes(3).toString('hex')}`] }, { O: ['CrossComm Gateway'] }],
    keys,
    ...shared(nowMs, AUTHORITY_DAYS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${made.toString('pem')}\n`, key: await keyPem(keys.privateKey) };
}

/** Makes a server certificate of a year for `names`, host names and addresses. The authority's follows it. */
export async function issueServerCertificate(
  authority: KeyPair,
  names: readonly string[],
  nowMs: number,
): Promise<KeyPair> {
  const x509 = await library();
  const alternatives = names.flatMap((name) => {
    const asName = { type: 'dns', value: name } as const;
    const asAddress = { type: 'ip', value: name } as const;
    if (isIP(name) === 0) return [asName];
    // Mbed TLS before 3.5, which the ESP32 has, finds an address only where it stands like a name.
    return isIP(name) === 4 ? [asAddress, asName] : [asAddress];
  });
  const issued = await issue(authority, {
    name: [{ CN: [commonName(names)] }],
    usage: x509.ExtendedKeyUsage.serverAuth,
    validity: shared(nowMs, SERVER_DAYS),
    extensions: [new x509.SubjectAlternativeNameExtension(alternatives)],
  });
  return { ...issued, certificate: issued.certificate + authority.certificate };
}

/** A client certificate and what an account keeps of it. */
export interface ClientCertificate extends KeyPair, Pick<CertificateFacts, 'serial' | 'fingerprint' | 'validToMs'> {}

/** Makes a client certificate for an account. `days`: how long it is good. */
export async function issueClientCertificate(
  authority: KeyPair,
  { account, days, nowMs }: { account: string; days: number; nowMs: number },
): Promise<ClientCertificate> {
  const x509 = await library();
  const issued = await issue(authority, {
    name: [{ CN: [account.slice(0, MAX_NAME_LENGTH)] }],
    usage: x509.ExtendedKeyUsage.clientAuth,
    validity: shared(nowMs, days),
    extensions: [],
  });
  const { serial, fingerprint, validToMs } = factsOf(issued.certificate);
  return { ...issued, serial, fingerprint, validToMs };
}

/** RFC 5280, appendix A.1: ub-common-name. */
const MAX_NAME_LENGTH = 64;

function commonName(names: readonly string[]): string {
  const name = names.find((each) => each.endsWith('.local')) ?? names[0] ?? 'gateway';
  return name.slice(0, MAX_NAME_LENGTH);
}

interface Issued {
  name: { CN: string[] }[];
  usage: string;
  validity: ReturnType<typeof shared>;
  extensions: Extension[];
}

/** What an authority signs is good no longer than itself: a client that trusts it would refuse it from then on anyway. */
async function issue(authority: KeyPair, { name, usage, validity, extensions }: Issued): Promise<KeyPair> {
  const x509 = await library();
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.certificate);
  const made = await x509.X509CertificateGenerator.create({
    subject: name,
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: await signingKey(authority.key),
    ...validity,
    notAfter: new Date(Math.min(validity.notAfter.getTime(), issuer.notAfter.getTime())),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...extensions,
    ],
  });
  return { certificate: `${made.toString('pem')}\n`, key: await keyPem(keys.privateKey) };
}

function shared(
  nowMs: number,
  days: number,
): Required<Pick<X509CertificateCreateParamsBase, 'serialNumber' | 'notBefore' | 'notAfter' | 'signingAlgorithm'>> {
  const serial = randomBytes(16);
  // Positive, and of the same length always.
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  return {
    serialNumber: serial.toString('hex'),
    notBefore: BEGINNING,
    notAfter: new Date(plausibleNow(nowMs) + days * DAY_MS),
    signingAlgorithm: ALGORITHM,
  };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const body = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${body.replace(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

async function signingKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}
