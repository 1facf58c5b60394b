import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeToken } from '../src/access/tokens.ts';

/** The folder in which a run of all tests keeps what gateways said and which secrets were used; see scripts/lib/secrets.mjs. */
const FOLDER = process.env.CROSSCOMM_TEST_OUTPUT;

/** A token that no gateway may tell of. */
export function secretToken(): string {
  return keptSecret(makeToken());
}

/** What every password of a test begins with, so that the search finds them by their form. */
const PASSWORD_MARK = 'horse-';

/** A password that no gateway may tell of. In an address it is written in another way, but for the part that is searched for. */
export function secretPassword(): string {
  return `${keptSecret(`${PASSWORD_MARK}${makeToken().slice(0, 16)}`)}/7`;
}

/** A secret that no gateway may tell of: at the end of a run of all tests, what they said is searched for it. */
export function keptSecret(secret: string): string {
  if (FOLDER !== undefined) appendFileSync(join(FOLDER, `secrets-${process.pid}`), `${secret}\n`);
  return secret;
}

/** What a gateway said: on its outputs, in its log, in `/status`, or to a client that did something wrong. */
export function gatewaySaid(text: string | Uint8Array | (() => string)): void {
  if (FOLDER === undefined) return;
  appendFileSync(join(FOLDER, `said-${process.pid}`), typeof text === 'function' ? text() : text);
}
