import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { certificatesIn, factsOf } from '../access/certificates/certificate.ts';
import { serverNames } from '../access/certificates/server-names.ts';
import type { Clock } from '../common/clock.ts';
import { GatewayError } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import type { Metrics } from '../common/metrics.ts';
import { ownAddresses } from '../common/own-addresses.ts';
import type { BaseConfig } from '../config/schema.ts';
import { OwnCertificates } from '../storage/own-certificates.ts';
import { TlsContexts, type TlsMaterial } from '../transports/tls/contexts.ts';
import type { OnClose } from './closers.ts';

/** How often the files are looked at. */
const LOOK_MS = 2000;
/** How often the certificate is looked at that the gateway makes itself: whether it ends soon, or the machine has got another address. */
const RENEW_MS = 600_000;
const TICKET_KEYS_MS = 86_400_000;
const DAY_MS = 86_400_000;
/** How long before its end people are told of an authority. */
const LAST_YEAR_MS = 365 * DAY_MS;

const DAMAGED_AUTHORITY =
  'The file of the authority for TLS is damaged. The certificate that it signed last stays in use, but none can be made: put the file back from a ' +
  'backup, or make another authority with "crosscomm tls renew --authority", which every client must then be given.';
const LOST_AUTHORITY =
  'The file of the authority of certificates was damaged, so another one is made: every client that trusts it must be given the new one, and ' +
  'every client certificate be issued anew; or put the former one back from a backup.';

/** TLS as listeners have it. */
export interface RunningTls {
  readonly contexts: TlsContexts;
  /** The certificate by which clients know the gateway, PEM; undefined where that is one of a public authority. */
  authority(): string | undefined;
  /** Shows at once what was changed in the files. Rejects, and shows the former certificate, where that cannot be used. */
  reload(): Promise<void>;
}

export interface TlsParts {
  config: BaseConfig;
  clock: Clock;
  metrics: Metrics;
  log: Log;
}

/**
 * Loads the certificate that the configuration names, or has one made, and keeps it up to date. Throws a GatewayError CONFIG_INVALID or
 * DATA_DIR_UNUSABLE.
 */
export async function openTls(parts: TlsParts, onClose: OnClose): Promise<RunningTls> {
  const { config, clock } = parts;
  const own = new OwnCertificates(config.dataDir, hostname());
  const source = config.tls.auto ? madeHere(parts, own) : ofFiles(parts, own);
  const keeper = new Keeper(parts, source);
  const contexts = await keeper.open();
  showExpiry(parts.metrics, contexts);
  onClose(() => keeper.rest());
  onClose(clock.every(LOOK_MS, () => void keeper.look()));
  onClose(clock.every(RENEW_MS, () => void keeper.renew()));
  onClose(clock.every(TICKET_KEYS_MS, () => contexts.renewTicketKeys()));
  onClose(clock.every(DAY_MS, () => keeper.checkAuthority()));
  return {
    contexts,
    authority: () => (config.tls.auto ? contexts.material.clientAuthority : authorityIn(contexts.material.certificate)),
    reload: () => keeper.reload(),
  };
}

/** Makes known until when the certificate is good that is in use. */
function showExpiry(metrics: Metrics, contexts: TlsContexts): void {
  const help = 'When the certificate for TLS expires, in seconds since 1970.';
  const spec = { name: 'crosscomm_certificate_expiry_timestamp_seconds', help, unit: 'seconds' } as const;
  metrics.gauge(spec, () => factsOf(contexts.material.certificate).validToMs / 1000);
}

/** The names and addresses that the certificate of this machine's gateway is for. */
export function namesOfMachine({ tls, http }: Pick<BaseConfig, 'tls' | 'http'>): string[] {
  return serverNames({ hostname: hostname(), addresses: ownAddresses(), more: [...tls.names, ...http.hosts] });
}

/** Where the certificate comes from. */
interface Source {
  /** What changes it. */
  readonly files: readonly string[];
  /** `isFirst`: nothing is shown to clients yet, so that something must be. */
  load(isFirst: boolean): Promise<TlsMaterial>;
}

function madeHere({ config, clock, log }: TlsParts, own: OwnCertificates): Source {
  return {
    files: [own.pathOf('authority'), own.pathOf('server')],
    async load(isFirst) {
      const nowMs = clock.now();
      // Which nobody can sign with any more, but clients trust it.
      if (isFirst && (await own.isAuthorityDamaged())) {
        const last = await own.lastServer();
        if (last !== undefined) {
          log.warn({ code: 'TLS_CERTIFICATE' }, DAMAGED_AUTHORITY);
          return { ...last, clientAuthority: authorityIn(last.certificate) ?? last.certificate };
        }
        await replaceLost(own, log);
      }
      const { pair, isNew } = await own.serverFor({ names: namesOfMachine(config), nowMs });
      const { certificate: clientAuthority } = await own.authority(nowMs);
      if (isNew) log.info({ folder: own.folder }, 'made a certificate for TLS');
      return { ...pair, clientAuthority };
    },
  };
}

/** Has another authority made in place of one that nothing is left of. */
async function replaceLost(own: OwnCertificates, log: Log): Promise<void> {
  const aside = await own.putAuthorityAside();
  log.warn({ code: 'TLS_CERTIFICATE', aside }, LOST_AUTHORITY);
}

function ofFiles({ config, clock, log }: TlsParts, own: OwnCertificates): Source {
  const { certificate = '', key = '' } = config.tls;
  const read = async (name: 'certificate' | 'key', path: string): Promise<string> => {
    try {
      return await readFile(path, 'utf8');
    } catch (cause) {
      throw fault(`tls.${name} is ${path}, which cannot be read (${(cause as Error).message})`, cause);
    }
  };
  return {
    files: [certificate, key, own.pathOf('authority')],
    async load(isFirst) {
      const [pem, keyPem] = await Promise.all([read('certificate', certificate), read('key', key)]);
      if (certificatesIn(pem).length === 0)
        throw fault(`tls.certificate is ${certificate}, which has no certificate in PEM`);
      if (isFirst && (await own.isAuthorityDamaged())) await replaceLost(own, log);
      const { certificate: clientAuthority } = await own.authority(clock.now());
      return { certificate: pem, key: keyPem, clientAuthority };
    },
  };
}

/** Has listeners show what the source gives, and looks whether that has changed. */
class Keeper {
  readonly #parts: TlsParts;
  readonly #source: Source;
  #contexts: TlsContexts | undefined;
  #seen = '';
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** A renewal waits for its turn. */
  #isRenewing = false;

  constructor(parts: TlsParts, source: Source) {
    this.#parts = parts;
    this.#source = source;
  }

  async open(): Promise<TlsContexts> {
    const material = await this.#source.load(true);
    this.#seen = await stampOf(this.#source.files);
    this.#contexts = usable(material, () => new TlsContexts(material));
    this.#checkTime(material);
    this.checkAuthority();
    return this.#contexts;
  }

  /** Loads the files again where they have changed. Two that do not fit together yet are tried again when they have changed further. */
  async look(): Promise<void> {
    if (this.#waiting > 0) return;
    await this.#inTurn(async () => {
      const stamp = await stampOf(this.#source.files);
      if (stamp === this.#seen) return;
      this.#seen = stamp;
      await this.#load();
    });
  }

  /** Loads them now. Rejects where they cannot be used. */
  async reload(): Promise<void> {
    let fault: unknown;
    await this.#inTurn(async () => {
      try {
        await this.#load();
        this.#seen = await stampOf(this.#source.files);
      } catch (error) {
        fault = error;
        throw error;
      }
    });
    if (fault !== undefined) throw fault;
  }

  /** Loads them again in any case; what the gateway makes itself is made anew where it must be. */
  async renew(): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    await this.#inTurn(async () => {
      this.#isRenewing = false;
      await this.#load();
      this.#seen = await stampOf(this.#source.files);
    });
  }

  async #load(): Promise<void> {
    const material = await this.#source.load(false);
    const before = this.#contexts?.material;
    this.#checkTime(material);
    if (before && before.certificate === material.certificate && before.key === material.key) {
      if (before.clientAuthority === material.clientAuthority) return;
    }
    usable(material, () => this.#contexts?.replace(material));
    const { fingerprint, validToMs } = factsOf(material.certificate);
    this.#parts.log.info(
      { fingerprint, until: new Date(validToMs).toISOString() },
      'another certificate for TLS is in use',
    );
  }

  /** Resolves when it does nothing any more, and so writes no files. */
  rest(): Promise<void> {
    return this.#last;
  }

  /** One action after the other. */
  #inTurn(action: () => Promise<void>): Promise<void> {
    this.#waiting++;
    this.#last = this.#last
      .then(action)
      .catch((error: unknown) => {
        const context = { code: 'TLS_CERTIFICATE', err: error } as const;
        this.#parts.log.warn(context, `${(error as Error).message} Until then the former certificate stays in use.`);
      })
      .finally(() => {
        this.#waiting--;
      });
    return this.#last;
  }

  /** Says in its last year that the authority ends, which nobody but the operator can replace. */
  checkAuthority(): void {
    const { clock, log, config } = this.#parts;
    const authority = this.#contexts?.material.clientAuthority;
    const sentence = authority === undefined ? undefined : authorityFault(authority, clock, config.tls);
    if (sentence !== undefined) log.warn({ code: 'TLS_CERTIFICATE' }, sentence);
  }

  /** Says what is wrong with the time: the clock, where that has not been set, and the certificate otherwise. */
  #checkTime({ certificate }: TlsMaterial): void {
    const { clock, log } = this.#parts;
    const sentence = timeFault(certificate, clock);
    if (sentence !== undefined) log.warn({ code: 'TLS_CERTIFICATE' }, sentence);
  }
}

/** Whether it is the clock that is wrong, and not a certificate that is not good now. */
export function isClockWrong(certificate: string, clock: Pick<Clock, 'now' | 'isTrusted'>): boolean {
  return clock.now() < factsOf(certificate).validFromMs || !clock.isTrusted();
}

/** What is wrong with a certificate at the time that a clock shows; undefined where it is good. */
export function timeFault(certificate: string, clock: Pick<Clock, 'now' | 'isTrusted'>): string | undefined {
  const { validFromMs, validToMs } = factsOf(certificate);
  const now = clock.now();
  if (now >= validFromMs && now <= validToMs) return undefined;
  const shown = new Date(now).toISOString();
  const [from, to] = [validFromMs, validToMs].map((ms) => new Date(ms).toISOString().slice(0, 10));
  if (isClockWrong(certificate, clock)) {
    return `The clock of this machine is wrong: it shows ${shown}, and the certificate for TLS, which is good from ${from} to ${to}, is not to blame. Set the clock, or wait until a time server has.`;
  }
  return `The certificate for TLS has expired: it was good from ${from} to ${to}, and it is ${shown}. Clients will refuse it; replace it.`;
}

/**
 * What is to be done about the authority of a gateway that ends within a year, or has ended; undefined while there is time. `auto`: the
 * gateway's own certificate is signed by it, and not only those of clients.
 */
export function authorityFault(
  authority: string,
  clock: Pick<Clock, 'now' | 'isTrusted'>,
  { auto }: { auto: boolean },
): string | undefined {
  const { validToMs } = factsOf(authority);
  const leftMs = validToMs - clock.now();
  if (leftMs > LAST_YEAR_MS || !clock.isTrusted()) return undefined;
  const date = new Date(validToMs).toISOString().slice(0, 10);
  const when = leftMs > 0 ? `ends on ${date}, in ${Math.ceil(leftMs / DAY_MS)} days` : `ended on ${date}`;
  const whose = auto ? "this gateway's certificate" : 'client certificates';
  const then = auto ? 'clients refuse the gateway from then on' : 'they are refused from then on';
  const next = auto
    ? 'Make a new one with "crosscomm tls renew --authority", and give it to every client: "crosscomm tls export".'
    : 'Make a new one with "crosscomm tls renew --authority", and new client certificates with "crosscomm account certificate".';
  return `The authority of ${whose} ${when}; ${then}. ${next}`;
}

/** The authority that a file of certificates ends with: one that has signed itself. */
export function authorityIn(pem: string): string | undefined {
  const last = certificatesIn(pem).at(-1);
  if (last === undefined) return undefined;
  const { subject, issuer } = factsOf(last);
  return subject === issuer ? last : undefined;
}

/** When which files were changed last; text that changes with it. */
async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = files.map(async (file) => {
    const found = await stat(file).catch(() => undefined);
    return found ? `${found.ino} ${found.size} ${found.mtimeMs}` : 'none';
  });
  return (await Promise.all(stamps)).join(', ');
}

function usable<Result>(material: TlsMaterial, use: () => Result): Result {
  try {
    return use();
  } catch (cause) {
    const isOther = /mismatch/i.test((cause as Error).message);
    const what = isOther ? 'the key is not the one of the certificate' : (cause as Error).message;
    const { subject } = factsOf(material.certificate);
    throw fault(`The certificate for TLS (${subject}) cannot be used: ${what}`, cause);
  }
}

function fault(what: string, cause?: unknown): GatewayError {
  return new GatewayError('CONFIG_INVALID', `${what}; correct tls in the configuration.`, { cause });
}
