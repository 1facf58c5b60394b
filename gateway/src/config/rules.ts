import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNTS_FILE } from '../common/data-files.ts';
import { isLoopback } from '../common/loopback.ts';
import type { ConfigForm } from './form.ts';
import { invalid, type Problem } from './problems.ts';
import type { BaseConfig, ConfigWith } from './schema.ts';
import { type ConfigSection, type ConfiguredAddress, sectionValues } from './section.ts';

/** What no single key shows: keys that contradict one another, and, unless they are only looked up, listeners open to everybody without a word about it. */
export function ruleProblems<Sections extends ConfigSection>(
  config: ConfigWith<Sections>,
  form: ConfigForm<Sections>,
  isLookUp = false,
): Problem[] {
  const anonymous = everybodysListeners(config, form);
  const ofSections = form.sections.flatMap((section) => section.problems?.(sectionValues(config, section.key)) ?? []);
  const open = isLookUp ? [] : openListeners(config, anonymous);
  return [...open, ...samePorts(config, anonymous), ...tlsProblems(config), ...clusterProblems(config), ...ofSections];
}

/** Where pages are served: by the address of HTTP where they have none of their own; nowhere without a folder. */
export function pagesAddress({
  pages,
  http,
}: Pick<BaseConfig, 'pages' | 'http'>): { host: string; port: number } | undefined {
  return pages.folder === undefined ? undefined : { host: pages.host ?? http.host, port: pages.port };
}

/** Whether listeners take TLS. */
export function takesTls({ tls }: Pick<BaseConfig, 'tls'>): boolean {
  return tls.auto || tls.certificate !== undefined;
}

function tlsProblems({ tls }: BaseConfig): Problem[] {
  const { auto, certificate, key, required } = tls;
  if (auto && (certificate ?? key) !== undefined) {
    const what = 'is true, but there is a certificate of your own: remove one of the two';
    return [invalid(['tls', 'auto'], what)];
  }
  if ((certificate === undefined) !== (key === undefined)) {
    const [there, missing] = certificate === undefined ? ['key', 'certificate'] : ['certificate', 'key'];
    return [invalid(['tls', there], `is of no use without tls.${missing}: name the file of that, too`)];
  }
  if (required.length > 0 && !auto && certificate === undefined) {
    return [
      invalid(
        ['tls', 'required'],
        'needs a certificate: set tls.auto to true, or tls.certificate and tls.key to files',
      ),
    ];
  }
  return [];
}

function clusterProblems({ cluster }: BaseConfig): Problem[] {
  const { servers, gateway, user, passwordFile, certificateFile, keyFile } = cluster;
  const problems: Problem[] = [];
  if (servers.length > 0 && gateway === undefined) {
    problems.push(
      invalid(['cluster', 'gateway'], 'is missing: give this gateway a name that no other in the cluster has'),
    );
  }
  if ((user === undefined) !== (passwordFile === undefined)) {
    const [there, missing] = user === undefined ? ['passwordFile', 'user'] : ['user', 'passwordFile'];
    problems.push(invalid(['cluster', there], `is of no use without cluster.${missing}`));
  }
  if ((certificateFile === undefined) !== (keyFile === undefined)) {
    const [there, missing] =
      certificateFile === undefined ? ['keyFile', 'certificateFile'] : ['certificateFile', 'keyFile'];
    problems.push(invalid(['cluster', there], `is of no use without cluster.${missing}`));
  }
  return problems;
}

/** By the section of the configuration that has a listener's host and port. */
type Listeners = [section: string, address: ConfiguredAddress][];

/** Those that everybody who reaches them may talk to, with or without a proof. */
function everybodysListeners<Sections extends ConfigSection>(
  config: ConfigWith<Sections>,
  form: ConfigForm<Sections>,
): Listeners {
  const pages = pagesAddress(config);
  const ofProtocols = form.sections.flatMap((section): Listeners => {
    const address = section.address?.(sectionValues(config, section.key));
    return address ? [[section.key, address]] : [];
  });
  return [['http', config.http], ...ofProtocols, ...(pages ? [['pages', pages] as Listeners[0]] : [])];
}

function openListeners(config: BaseConfig, anonymous: Listeners): Problem[] {
  if (config.auth.anonymous === 'allow' || hasAccount(config.dataDir)) return [];
  const open = anonymous.filter(([section, { host }]) => !isLoopback(host) && isNamed(config, section));
  return open.map(([section, { host }]) => ({
    code: 'CONFIG_NOT_LOOPBACK',
    path: [section, 'host'],
    what:
      `is ${host}, which other machines can reach: add an account first ("crosscomm setup" does all of it, or ` +
      '"crosscomm account add NAME --role admin"); to let anyone who reaches it join, write "auth: {anonymous: allow}" ' +
      'into the configuration (or start with --auth-anonymous allow); otherwise use 127.0.0.1',
  }));
}

/** Whether there is an account in this data folder. What is wrong with the file is said at the start. */
function hasAccount(dataDir: string): boolean {
  try {
    const text = readFileSync(join(dataDir, ACCOUNTS_FILE), 'utf8');
    return /"name":/.test(text) || !isEmptyList(text);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

/** Whether it is a file of no accounts, and not one that is damaged. */
function isEmptyList(text: string): boolean {
  try {
    const { accounts } = JSON.parse(text) as { accounts?: unknown };
    return Array.isArray(accounts) && accounts.length === 0;
  } catch {
    return false;
  }
}

/** Pages that have no address of their own follow http, which is told of then. */
function isNamed({ pages }: BaseConfig, section: string): boolean {
  return section !== 'pages' || pages.host !== undefined;
}

function samePorts(config: BaseConfig, anonymous: Listeners): Problem[] {
  const taken = new Map<string, string>();
  // The OSS listener serves nobody without an access key.
  const all = [...anonymous, ['oss', config.oss] as Listeners[0]];
  const plain = all.map(([section, { host, port }]) => ({ section, key: 'port', host, port }));
  const encrypted = all.map(([section, { host, tlsPort }]) => ({ section, key: 'tlsPort', host, port: tlsPort }));
  return [...plain, ...(takesTls(config) ? encrypted : [])].flatMap(({ section, key, host, port }) => {
    if (port === 0 || port === undefined) return [];
    const address = `${host}:${port}`;
    const other = taken.get(address);
    taken.set(address, `${section}.${key}`);
    if (!other) return [];
    return [invalid([section, key], `is ${port}, as ${other} is; give each listener a port of its own`)];
  });
}
