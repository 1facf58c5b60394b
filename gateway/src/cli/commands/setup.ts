import { existsSync } from 'node:fs';
import { appendFile, chown } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { newAccountFault } from '../../access/account.ts';
import type { AddedAccount } from '../../access/account-desk.ts';
import { factsOf, shownFingerprint } from '../../access/certificates/certificate.ts';
import { namesOfMachine } from '../../app/tls.ts';
import { GatewayError } from '../../common/errors.ts';
import { isLoopback } from '../../common/loopback.ts';
import { printable } from '../../common/printable.ts';
import { readConfigFile } from '../../config/file.ts';
import { OwnCertificates } from '../../storage/own-certificates.ts';
import { ownerOfNew } from '../../storage/owner.ts';
import { withAccounts } from '../account-place.ts';
import { configFile, personFolder } from '../config-file.ts';
import { placeConfig } from '../operator-place.ts';
import { hostFault } from '../own-host.ts';
import { askLine, isInteractive, newPassword } from '../secret-input.ts';
import { callOf, EXIT, type Shell, say, UsageError, warn } from '../shell.ts';
import { tellWarnings } from './account.ts';

export interface SetupOptions {
  config?: string;
  dataDir?: string;
  admin?: string;
  passwordStdin?: boolean;
  host?: string;
  tls?: string;
  json?: boolean;
}

/** What the person wants; what is there already is left out. */
interface Wishes {
  /** The administrator to be added. */
  admin?: { name: string; password?: string | undefined } | undefined;
  /** Where the listeners of a configuration file that is to be written are. */
  host?: string | undefined;
  /** Whether its connections are encrypted with a certificate that the gateway makes. */
  tls: boolean;
}

const ADMIN_ROLE = 'admin';
const EVERY_ADDRESS = '0.0.0.0';
const THIS_MACHINE = '127.0.0.1';
const CONFIG_MODE = 0o644;
/** The environment variable with the name of the service that systemd runs the gateway as, which Debian's package sets. */
const SERVICE_VARIABLE = 'CROSSCOMM_SERVICE';

/**
 * `crosscomm setup`: the first administrator, the certificate and the configuration of a gateway that others may reach. It asks at a terminal, and goes by
 * its flags elsewhere. What is there already stays as it is, so it can be called again.
 */
export async function setup(shell: Shell, options: SetupOptions): Promise<number> {
  const found = configFile(shell, options.config).file;
  const file = resolve(shell.cwd, found ?? join(personFolder(shell), 'crosscomm.yaml'));
  const isFile = existsSync(file);
  const place = { ...(isFile ? { config: file } : {}), dataDir: dataDirOf(shell, options, file, isFile) };
  const isThere = isFile && !isBare(file);
  const admins = await adminsOf(shell, place);
  const wishes = await wishesOf(shell, options, { isThere, admins });

  if (wishes.host !== undefined)
    await writeConfig(file, configText(wishes, wishes.host, isFile ? undefined : options.dataDir));
  const { admin } = wishes;
  const added = admin && (await withAccounts(shell, place, (desk) => desk.add({ ...admin, roles: [ADMIN_ROLE] })));
  if (added) tellWarnings(shell, added);
  const fingerprint = await makeCertificate(shell, file, place.dataDir);
  if (options.json) {
    const { account, token } = added ?? { account: admins[0], token: null };
    say(
      shell,
      JSON.stringify({
        config: file,
        written: wishes.host !== undefined,
        dataDir: place.dataDir,
        ...{ account, token, roles: added?.roles ?? [ADMIN_ROLE] },
        fingerprint,
      }),
    );
  } else tell(shell, { file, isThere, admins, added, hasPassword: admin?.password !== undefined, fingerprint });
  if (isThere) tellOfHost(shell, file, options.host ?? EVERY_ADDRESS);
  return EXIT.fine;
}

/** Whether a file says nothing but where the data is, as that of Debian's package does: then what was asked for is written behind it. */
function isBare(file: string): boolean {
  return Object.keys(readConfigFile(file, file).value ?? {}).every((key) => key === 'dataDir');
}

/** The data folder: the one that was named, else that of the file, else the one that is default for the file that is to be written. */
function dataDirOf(shell: Shell, { dataDir }: SetupOptions, file: string, isFile: boolean): string {
  if (dataDir !== undefined) return resolve(shell.cwd, dataDir);
  if (isFile) return placeConfig(shell, { config: file }).dataDir;
  return join(dirname(file), 'crosscomm-data');
}

async function adminsOf(shell: Shell, place: { dataDir: string; config?: string }): Promise<string[]> {
  const accounts = await withAccounts(shell, { ...place, isReading: true }, (desk) => desk.list());
  return accounts.filter(({ roles }) => roles.includes(ADMIN_ROLE)).map(({ account }) => account);
}

/**
 * Makes the certificate that the configuration wants the gateway to make, so that devices can be given its authority before it runs. The
 * fingerprint of that; null where the gateway makes none.
 */
async function makeCertificate(shell: Shell, config: string, dataDir: string): Promise<string | null> {
  const { tls, http } = placeConfig(shell, { config });
  if (!tls.auto) return null;
  const own = new OwnCertificates(dataDir, hostname());
  await own.serverFor({ names: namesOfMachine({ tls, http }), nowMs: Date.now() });
  return shownFingerprint(factsOf((await own.authority(Date.now())).certificate).fingerprint);
}

/** Asks three questions at most, and one less for each flag that answers it. */
async function wishesOf(
  shell: Shell,
  options: SetupOptions,
  { isThere, admins }: { isThere: boolean; admins: readonly string[] },
): Promise<Wishes> {
  const { admin, passwordStdin = false, host, tls } = options;
  if (tls !== undefined && tls !== 'auto' && tls !== 'none') throw new UsageError('--tls is auto or none.');
  const fault = host === undefined ? undefined : await hostFault(host);
  if (fault !== undefined) throw new UsageError(fault);
  const isAsked = isInteractive(shell) && !options.json;
  const needsAdmin = admin === undefined ? admins.length === 0 : !admins.includes(admin);
  if (!isAsked && needsAdmin && admin === undefined) {
    throw new UsageError(
      `There is no terminal to ask at: name the administrator, as in "${callOf(shell.env, 'setup --admin NAME --password-stdin')}".`,
    );
  }
  const wishes: Wishes = { tls: tls !== 'none' };
  if (needsAdmin) {
    const name = admin ?? ((await askLine(shell, 'Name of the first administrator [admin]: ')).trim() || 'admin');
    // Before a password is asked for, or a file is written.
    const nameFault = newAccountFault(name);
    if (nameFault !== undefined) throw new UsageError(`"${printable(name)}" is no account: ${nameFault}.`);
    const isSecretGiven = passwordStdin || isAsked;
    const password = isSecretGiven
      ? await newPassword(shell, { fromStdin: passwordStdin, what: `Password of ${name}` })
      : undefined;
    wishes.admin = { name, password };
  }
  if (isThere) return wishes;
  const isReached = isAsked && host === undefined ? await isYes(shell, OTHERS) : undefined;
  wishes.host = host ?? (isReached === false ? THIS_MACHINE : EVERY_ADDRESS);
  if (isAsked && tls === undefined) wishes.tls = await isYes(shell, ENCRYPTED);
  return wishes;
}

const OTHERS = 'May other machines of this network connect, with an account? [Y/n]: ';
const ENCRYPTED = 'Encrypt connections (TLS), with a certificate that the gateway makes? [Y/n]: ';

/** Asks until the answer is one of the two; Enter is yes. */
async function isYes(shell: Shell, question: string): Promise<boolean> {
  for (;;) {
    const answer = (await askLine(shell, question)).trim();
    if (/^(?:y|yes)?$/i.test(answer)) return true;
    if (/^(?:n|no)$/i.test(answer)) return false;
    warn(shell, 'Answer y or n.');
  }
}

function configText({ tls }: Wishes, host: string, dataDir: string | undefined): string {
  return `# Made by "crosscomm setup". gateway/crosscomm.example.yaml explains every key.
${dataDir === undefined ? '' : `dataDir: ${JSON.stringify(resolve(dataDir))}\n`}http: { host: ${JSON.stringify(host)} }
oocsi: { host: ${JSON.stringify(host)} }
mqtt: { host: ${JSON.stringify(host)} }
oss: { host: ${JSON.stringify(host)} } # object storage; it serves nobody without a key
# Who gives no proof joins from this machine only; others need an account.
auth: { anonymous: loopback }
${tls ? TLS_LINES : ''}`;
}

const TLS_LINES = `# TLS beside plain connections; "required" would refuse the latter: docs/access.md.
tls: { auto: true }
`;

/** Leaves what is in the file already. */
async function writeConfig(file: string, text: string): Promise<void> {
  try {
    const owner = existsSync(file) ? undefined : await ownerOfNew(dirname(file));
    await appendFile(file, text, { mode: CONFIG_MODE });
    if (owner) await chown(file, owner.uid, owner.gid);
  } catch (error) {
    throw new GatewayError('CONFIG_UNREADABLE', `${file} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

interface Done {
  file: string;
  isThere: boolean;
  admins: readonly string[];
  added: AddedAccount | undefined;
  hasPassword: boolean;
  fingerprint: string | null;
}

function tell(shell: Shell, { file, isThere, admins, added, hasPassword, fingerprint }: Done): void {
  say(shell, isThere ? `${file} is there already, and stays as it is.` : `Wrote ${file}.`);
  if (added) {
    say(shell, `Added the account ${added.account} (${ADMIN_ROLE}).`);
    say(shell, `Token: ${added.token}`);
    const beside = hasPassword ? 'Programs can use it in place of the password.' : 'It is the password.';
    say(shell, `The token is not shown again. ${beside}`);
  } else say(shell, `There is an administrator already: ${admins.join(', ')}.`);
  if (fingerprint !== null) {
    say(shell, 'TLS is on. Devices trust the certificate at /ca.crt, whose fingerprint is');
    say(shell, `  ${fingerprint}`);
  }
  say(shell, '');
  say(shell, 'Next:');
  const service = shell.env[SERVICE_VARIABLE];
  if (service) {
    say(shell, `  sudo systemctl restart ${service}`);
    say(shell, '      start the gateway with it');
  }
  for (const [call, what] of [
    ...(service ? [] : [['start', 'start the gateway; where it runs already, end it first (Ctrl-C)'] as const]),
    ['account add NAME', 'add people, programs and devices'],
    ['account list', 'see who may join'],
    ...(fingerprint === null ? [] : [['tls export', 'get the certificate for devices and browsers'] as const]),
  ] as const) {
    say(shell, `  ${callOf(shell.env, call)}`);
    say(shell, `      ${what}`);
  }
}

/** A file that was there may say something else than what was asked for. */
function tellOfHost(shell: Shell, file: string, host: string): void {
  const { host: present } = placeConfig(shell, { config: file }).http;
  if (isLoopback(present) === isLoopback(host)) return;
  const [who, lines] = isLoopback(present)
    ? ['only programs of this machine', 'To let others in']
    : ['other machines', 'To let in programs of this machine only'];
  const sections = ['http', 'oocsi', 'mqtt'].map((section) => `"${section}: {host: ${host}}"`).join(', ');
  warn(shell, `${file} lets in ${who}, as http.host is ${present}. ${lines}, write ${sections} into it.`);
}
