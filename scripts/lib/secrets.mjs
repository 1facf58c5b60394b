import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A run of all tests uses at least so many secrets and starts so many gateways; with fewer, nothing was searched. */
const LEAST = { secrets: 100, gateways: 20 };
/** What every gateway in a process of its own says when it has started. */
const READY = '"event":"ready"';
/** What a secret looks like: a token, or a password of gateway/testing/secrets.ts. */
const SECRET = /[A-Za-z0-9]{32}|horse-[A-Za-z0-9]{16}/g;

/** The folder in which the tests keep what gateways said, and the secrets that they used (gateway/testing/secrets.ts). */
export const outputFolder = () => mkdtempSync(join(tmpdir(), 'crosscomm-said-'));

/**
 * Looks for secrets in all that gateways said during a run of tests, and removes the folder. Returns what is wrong, a line each.
 * @param {string} folder
 * @param {{ isWhole: boolean }} options `isWhole`: all tests ran, so that there must be something to search
 */
export async function findSecrets(folder, { isWhole }) {
  const files = readdirSync(folder).map((name) => join(folder, name));
  /** @param {string} kind */
  const of = (kind) => files.filter((file) => file.includes(`/${kind}-`));
  const secrets = new Set(of('secrets').flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean)));
  // Most are found by their form; what has another is looked for one by one.
  const others = [...secrets].filter((secret) => secret.replace(SECRET, '') !== '');
  const problems = [];
  let gateways = 0;
  for (const file of of('said')) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      if (line.includes(READY)) gateways++;
      const found = [
        ...(line.match(SECRET) ?? []).filter((text) => secrets.has(text)),
        ...others.filter((text) => line.includes(text)),
      ];
      for (const secret of found)
        problems.push(`A gateway told of a secret: ${line.replaceAll(secret, '(the secret)').slice(0, 500)}`);
    }
  }
  if (isWhole && (secrets.size < LEAST.secrets || gateways < LEAST.gateways)) {
    problems.push(`What gateways said was not searched for secrets: ${secrets.size} secrets, ${gateways} gateways.`);
  }
  rmSync(folder, { recursive: true, force: true });
  return problems;
}
