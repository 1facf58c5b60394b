import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { AccountError } from '../access/account-book.ts';
import { factsOf } from '../access/certificates/certificate.ts';
import type { Clock } from '../common/clock.ts';
import { GatewayError } from '../common/errors.ts';
import type { BaseConfig } from '../config/schema.ts';
import { OwnCertificates } from '../storage/own-certificates.ts';
import type { Address } from '../transports/listen.ts';
import type { TlsDesk, TlsState } from '../web/api/tls.ts';
import { certificateFindings } from './certificate-findings.ts';
import { authorityIn, namesOfMachine, type RunningTls } from './tls.ts';

export interface TlsDeskParts {
  config: Pick<BaseConfig, 'dataDir' | 'http' | 'tls'>;
  clock: Pick<Clock, 'now' | 'isTrusted'>;
  /** What listeners of a running gateway show; undefined: none runs, or none of them speaks TLS. */
  running?: RunningTls | undefined;
  /** What listens, by the configuration key of each. */
  listeners?: (() => object | undefined) | undefined;
}

/** The certificates in a data folder and a configuration, whether a gateway runs with them or not. Methods reject with a GatewayError, too. */
export function tlsDesk({ config, clock, running, listeners }: TlsDeskParts): TlsDesk {
  const { tls } = config;
  const own = new OwnCertificates(config.dataDir, hostname());
  const isOfFiles = !tls.auto && tls.certificate !== undefined;

  const inUse = async (): Promise<string | undefined> => {
    if (running !== undefined) return running.contexts.material.certificate;
    return isOfFiles ? await readCertificate(tls.certificate) : await own.present('server');
  };

  const clientAuthority = async (): Promise<string | undefined> =>
    running?.contexts.material.clientAuthority ?? (await own.present('authority'));

  const show = async (): Promise<TlsState> => {
    const [authority, certificate] = await Promise.all([clientAuthority(), inUse()]);
    const trusted = isOfFiles ? authorityIn(certificate ?? '') : authority;
    const found = certificateFindings({ certificate, clientAuthority: authority }, clock, tls);
    return {
      mode: tls.auto ? 'auto' : isOfFiles ? 'files' : 'off',
      authority: authority === undefined ? null : factsOf(authority),
      certificate: certificate === undefined ? null : factsOf(certificate),
      trustedFingerprint: trusted === undefined ? null : factsOf(trusted).fingerprint,
      listeners: listenersWithTls(listeners?.()),
      problems: found.filter(({ level }) => level !== 'ok'),
    };
  };

  return {
    show,
    async renew(authority) {
      if (isOfFiles && !authority) {
        const { certificate, key } = tls;
        const why = `The gateway uses a certificate of your own: replace ${certificate} and ${key}, and it loads them.`;
        throw new AccountError('invalid', why);
      }
      const nowMs = clock.now();
      if (authority) await own.makeAuthority(nowMs);
      if (!isOfFiles) await own.makeServer({ names: namesOfMachine(config), nowMs });
      await running?.reload();
      return await show();
    },
    async authority() {
      if (isOfFiles) return authorityIn((await inUse()) ?? '');
      return running?.authority() ?? (await own.authority(clock.now())).certificate;
    },
  };
}

async function readCertificate(path = ''): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `tls.certificate is ${path}, which cannot be read.`, { cause });
  }
}

/** A port that a protocol has for TLS alone is called after it: `mqttTls`. */
function listenersWithTls(listeners: object | undefined): TlsState['listeners'] {
  return Object.entries({ ...listeners }).flatMap(([listener, state]: [string, unknown]) => {
    const { port, tls = listener.endsWith('Tls') ? 'required' : undefined } = { ...(state as Partial<Address>) };
    return port === undefined || tls === undefined ? [] : [{ listener, port, tls }];
  });
}
