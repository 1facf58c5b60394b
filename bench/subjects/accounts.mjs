import { createHash, pbkdf2Sync } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** @import { Credentials } from '../types.ts' */

/** As many times as mosquitto_passwd of Debian hashes. */
const ITERATIONS = 101;

/**
 * The name and the token, or password, of the account of a number.
 * @param {number} index
 * @returns {Credentials}
 */
export function credentialsOf(index) {
  const name = `u${index}`;
  return { name, secret: name.padEnd(32, 'x') };
}

/**
 * A role of three rules for each account, as the configuration has them. None allows everything, so that each topic is looked at.
 * @param {number} count
 */
export function rolesOf(count) {
  const rules = [
    { allow: ['send', 'subscribe'], topics: ['+'] },
    { allow: ['send', 'subscribe', 'presence'], topics: ['devices/%a/#'] },
    { deny: ['send'], topics: ['door/%a'] },
  ];
  return Object.fromEntries(names(count).map((name) => [`role-${name}`, rules]));
}

/**
 * Writes a gateway's file of accounts, each with one token.
 * @param {string} dataDir
 * @param {number} count
 */
export function writeAccounts(dataDir, count) {
  const accounts = names(count).map((name, index) => ({
    name,
    roles: [`role-${name}`],
    ids: [],
    tokens: [{ id: 'bench', sha256: sha256(credentialsOf(index).secret), createdMs: 0 }],
    certificates: [],
  }));
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(dataDir, 'accounts.json'), JSON.stringify({ version: 1, accounts }), { mode: 0o600 });
}

/**
 * Writes mosquitto's files for the same users and rules; returns the lines of its configuration that name them.
 * @param {string} folder
 * @param {number} count
 */
export function userFiles(folder, count) {
  const passwords = path.join(folder, 'passwords');
  const rules = path.join(folder, 'acl');
  const salt = Buffer.alloc(12, 1);
  const users = names(count).map((name, index) => {
    const key = pbkdf2Sync(credentialsOf(index).secret, salt, ITERATIONS, 64, 'sha512');
    return `${name}:$7$${ITERATIONS}$${salt.toString('base64')}$${key.toString('base64')}\n`;
  });
  const acl = names(count).map(
    (name) => `user ${name}\ntopic readwrite +\ntopic readwrite devices/${name}/#\ntopic deny door/${name}\n\n`,
  );
  writeFileSync(passwords, users.join(''), { mode: 0o600 });
  writeFileSync(rules, acl.join(''), { mode: 0o600 });
  // As root, mosquitto becomes another user before it reads them.
  for (const file of [passwords, rules]) chmodSync(file, 0o644);
  chmodSync(folder, 0o755);
  return [`password_file ${passwords}`, `acl_file ${rules}`];
}

/** @param {number} count */
const names = (count) => Array.from({ length: count }, (_, index) => credentialsOf(index).name);

/** @param {string} text */
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
