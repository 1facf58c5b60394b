import { X509Certificate } from 'node:crypto';
import { isIPv6, SocketAddress } from 'node:net';

/** A certificate with its private key, both in PEM. `certificate` may hold further ones, up to the authority. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** What people and programs ask of a certificate. */
export interface CertificateFacts {
  /** Whom it is for: `CN=gateway`. */
  subject: string;
  issuer: string;
  /** Hexadecimal, lower case. */
  serial: string;
  /** SHA-256 of the certificate, hexadecimal, lower case. */
  fingerprint: string;
  /** Milliseconds since 1970. */
  validFromMs: number;
  validToMs: number;
  /** Host names and addresses, as `plainName` writes them, sorted; none in an authority. */
  names: string[];
  isAuthority: boolean;
}

/** Reads the first certificate of a PEM text. Throws an Error where there is none. */
export function factsOf(pem: string): CertificateFacts {
  return factsOfCertificate(new X509Certificate(pem));
}

/** As `factsOf`, of a certificate that is read already. */
export function factsOfCertificate(read: X509Certificate): CertificateFacts {
  const names = (read.subjectAltName ?? '')
    .split(', ')
    .flatMap((entry) => (/^(?:DNS|IP Address):/.test(entry) ? [plainName(entry.slice(entry.indexOf(':') + 1))] : []))
    .sort();
  return {
    subject: read.subject.replaceAll('\n', ', '),
    issuer: read.issuer.replaceAll('\n', ', '),
    serial: read.serialNumber.toLowerCase(),
    fingerprint: fingerprintOf(read),
    validFromMs: Date.parse(read.validFrom),
    validToMs: Date.parse(read.validTo),
    names: [...new Set(names)],
    isAuthority: read.ca,
  };
}

/** SHA-256 of a certificate, hexadecimal, lower case. */
export function fingerprintOf({ fingerprint256 }: Pick<X509Certificate, 'fingerprint256'>): string {
  return fingerprint256.replaceAll(':', '').toLowerCase();
}

/** A fingerprint as people compare it: `3F:09:...`. */
export function shownFingerprint(fingerprint: string): string {
  return fingerprint.toUpperCase().replace(/..(?=.)/g, '$&:');
}

/** The certificates of a PEM text, each by itself, in their order. */
export function certificatesIn(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n?/g) ?? [];
}

/** A host name in lower case, or an address in its shortest form, so that equal ones are equal texts. */
export function plainName(name: string): string {
  if (isIPv6(name)) return new SocketAddress({ address: name, family: 'ipv6' }).address;
  return name.toLowerCase();
}
