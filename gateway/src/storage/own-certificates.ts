import {
  type ClientCertificate,
  issueClientCertificate,
  issueServerCertificate,
  makeAuthority,
  plausibleNow,
} from '../access/certificates/authority.ts';
import { factsOf, type KeyPair } from '../access/certificates/certificate.ts';
import { GatewayError } from '../common/errors.ts';
import { CertificateFiles, DamagedPair, type OwnCertificate } from './certificate-files.ts';

/** A server certificate that ends sooner is made anew. */
const RENEWED_BEFORE_MS = 90 * 86_400_000;

/** What a certificate is made for. */
export interface Purpose {
  /** Host names and addresses, as `serverNames` gives them. */
  names: readonly string[];
  /** Milliseconds since 1970. */
  nowMs: number;
}

/**
 * The authority of a gateway, and what it has signed, in the gateway's data directory. Commands use it as the gateway does, whether that
 * runs or not. What it throws is a GatewayError DATA_DIR_UNUSABLE.
 */
export class OwnCertificates {
  readonly #files: CertificateFiles;
  readonly #machineName: string;

  /** `machineName`: what people see where they trust the authority. */
  constructor(dataDir: string, machineName: string) {
    this.#files = new CertificateFiles(dataDir);
    this.#machineName = machineName;
  }

  /** Where they are. */
  get folder(): string {
    return this.#files.folder;
  }

  pathOf(name: OwnCertificate): string {
    return this.#files.pathOf(name);
  }

  /** The authority, which is made where there is none yet. One that is damaged is not replaced: everyone trusts it. */
  async authority(nowMs: number): Promise<KeyPair> {
    return (await this.#use(() => this.#files.read('authority'))) ?? (await this.makeAuthority(nowMs));
  }

  /** Makes another authority: everyone who trusts the former one must be given this one. */
  async makeAuthority(nowMs: number): Promise<KeyPair> {
    const made = await makeAuthority(this.#machineName, nowMs);
    await this.#use(() => this.#files.write('authority', made));
    return made;
  }

  /** A certificate as it is; undefined where none was made yet, or its file is damaged. */
  async present(name: OwnCertificate): Promise<string | undefined> {
    return (await this.#use(() => this.#files.read(name).catch(none)))?.certificate;
  }

  /** Whether there is an authority, and it is of no use any more. */
  async isAuthorityDamaged(): Promise<boolean> {
    return await this.#use(() =>
      this.#files.read('authority').then(
        () => false,
        (error: unknown) => {
          none(error);
          return true;
        },
      ),
    );
  }

  /** The server certificate that was made last, for whatever names; undefined where there is none that can be used. */
  async lastServer(): Promise<KeyPair | undefined> {
    return await this.#use(() => this.#files.read('server').catch(none));
  }

  /** Puts a damaged authority out of the way, so that another one is made. Says where it is. */
  async putAuthorityAside(): Promise<string> {
    return await this.#use(() => this.#files.putAside('authority'));
  }

  /** The server certificate; it is made where there is none that is good for these names, now and for some time. */
  async serverFor(purpose: Purpose): Promise<{ pair: KeyPair; isNew: boolean }> {
    const authority = await this.authority(purpose.nowMs);
    const pair = await this.lastServer();
    if (pair && isGood(pair, authority, purpose)) return { pair, isNew: false };
    return { pair: await this.makeServer(purpose), isNew: true };
  }

  /** Makes a server certificate in place of the one there is. */
  async makeServer({ names, nowMs }: Purpose): Promise<KeyPair> {
    const made = await issueServerCertificate(await this.authority(nowMs), names, nowMs);
    await this.#use(() => this.#files.write('server', made));
    return made;
  }

  /**
   * Makes a certificate by which an account proves itself. Its private key is stored nowhere.
   *
   * @param days how long it is good
   */
  async issueClientCertificate(account: string, days: number, nowMs: number): Promise<ClientCertificate> {
    return await issueClientCertificate(await this.authority(nowMs), { account, days, nowMs });
  }

  async #use<Result>(action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (error) {
      if (error instanceof DamagedPair) {
        const why = `${error.message}, and everybody trusts the authority in it: put it back from a backup, or make another one with "crosscomm tls renew --authority", which every client must then be given.`;
        throw new GatewayError('DATA_DIR_UNUSABLE', why, { cause: error });
      }
      throw new GatewayError(
        'DATA_DIR_UNUSABLE',
        `The certificates in ${this.#files.folder} cannot be used (${(error as Error).message}): run this as the user that the gateway runs as.`,
        { cause: error },
      );
    }
  }
}

function none(error: unknown): undefined {
  if (!(error instanceof DamagedPair)) throw error;
  return undefined;
}

function isGood(pair: KeyPair, authority: KeyPair, { names, nowMs }: Purpose): boolean {
  const facts = factsOf(pair.certificate);
  // Another one would end with the authority, too.
  const isLast = facts.validToMs >= factsOf(authority.certificate).validToMs;
  return (
    pair.certificate.endsWith(authority.certificate) &&
    (isLast || facts.validToMs - plausibleNow(nowMs) > RENEWED_BEFORE_MS) &&
    names.every((name) => facts.names.includes(name))
  );
}
