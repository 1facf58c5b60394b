import { type Account, accountNameFault, type CertificateRecord, type TokenRecord } from './account.ts';
import { namespaceFault } from './namespace.ts';

const HEX = /^[0-9a-f]+$/;

/** Reads an account as it is kept. Throws a TypeError that says what is wrong with it. */
export function readAccount(value: unknown): Account {
  const fields = record(value, 'an account');
  const name = text(fields, 'name');
  const fault = accountNameFault(name);
  if (fault !== undefined) throw new TypeError(fault);
  const { expiresMs, password, namespace } = fields;
  return {
    name,
    roles: texts(fields, 'roles'),
    ...(expiresMs === undefined ? {} : { expiresMs: number(fields, 'expiresMs') }),
    ids: texts(fields, 'ids'),
    ...(namespace === undefined ? {} : { namespace: readNamespace(fields) }),
    ...(password === undefined ? {} : { password: text(fields, 'password') }),
    tokens: list(fields, 'tokens').map(readToken),
    certificates: list(fields, 'certificates').map(readCertificate),
  };
}

function readNamespace(fields: Fields): string {
  const name = text(fields, 'namespace');
  const fault = namespaceFault(name);
  if (fault !== undefined) throw new TypeError(fault);
  return name;
}

function readToken(value: unknown): TokenRecord {
  const fields = record(value, 'a token');
  const sha256 = text(fields, 'sha256');
  if (sha256.length !== 64 || !HEX.test(sha256)) throw new TypeError('sha256 of a token is no SHA-256');
  const label = fields.label === undefined ? {} : { label: text(fields, 'label') };
  return { id: text(fields, 'id'), sha256, createdMs: number(fields, 'createdMs'), ...label };
}

function readCertificate(value: unknown): CertificateRecord {
  const fields = record(value, 'a certificate');
  return {
    id: text(fields, 'id'),
    fingerprint: text(fields, 'fingerprint'),
    createdMs: number(fields, 'createdMs'),
    expiresMs: number(fields, 'expiresMs'),
  };
}

type Fields = Record<string, unknown>;

function record(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${what} is no object`);
  return value as Fields;
}

function text(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value !== 'string') throw new TypeError(`${key} is no text`);
  return value;
}

function number(fields: Fields, key: string): number {
  const value = fields[key];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError(`${key} is no number`);
  return value;
}

function list(fields: Fields, key: string): unknown[] {
  const value = fields[key];
  if (!Array.isArray(value)) throw new TypeError(`${key} is no list`);
  return value;
}

function texts(fields: Fields, key: string): string[] {
  return list(fields, key).map((value) => {
    if (typeof value !== 'string') throw new TypeError(`${key} holds what is no text`);
    return value;
  });
}
