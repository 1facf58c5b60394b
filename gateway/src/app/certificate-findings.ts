import { factsOf } from '../access/certificates/certificate.ts';
import type { Clock } from '../common/clock.ts';
import type { BaseConfig } from '../config/schema.ts';
import type { Finding } from '../observability/finding.ts';
import { authorityFault, isClockWrong, timeFault } from './tls.ts';

const DAY_MS = 86_400_000;
/** One that others make is to be replaced before; the gateway makes its own anew by itself. */
const SOON_DAYS = 21;

/** What is shown of a gateway's certificates; the authority is left out where there is none yet. */
export interface ShownCertificates {
  certificate?: string | undefined;
  clientAuthority?: string | undefined;
}

/** How long the certificates are good for; undefined where no listener speaks TLS. */
export function certificateFindings(
  material: ShownCertificates | undefined,
  clock: Pick<Clock, 'now' | 'isTrusted'>,
  tls: Pick<BaseConfig['tls'], 'auto'>,
): Finding[] {
  if (material === undefined) {
    const sentence = 'No listener encrypts, so there is no certificate that could expire.';
    return [{ code: 'certificate', level: 'ok', values: {}, sentence }];
  }
  const { certificate, clientAuthority } = material;
  return [
    ...(certificate === undefined ? [] : [certificateFinding(certificate, clock, tls)]),
    ...(clientAuthority === undefined ? [] : authorityFindings(clientAuthority, clock, tls)),
  ];
}

function certificateFinding(
  certificate: string,
  clock: Pick<Clock, 'now' | 'isTrusted'>,
  { auto }: Pick<BaseConfig['tls'], 'auto'>,
): Finding {
  const code = 'certificate';
  const { validFromMs, validToMs } = factsOf(certificate);
  const [from, until] = [dayOf(validFromMs), dayOf(validToMs)];
  const values = { from, until, days: daysTo(validToMs, clock), by: makerOf(auto) };
  const wrong = timeFault(certificate, clock);
  const advice = auto
    ? 'The gateway makes a new one by itself; "crosscomm tls renew" does it now.'
    : 'Put a new certificate and its key into the files of tls.certificate and tls.key; the gateway notices it.';
  if (wrong !== undefined) {
    const why = isClockWrong(certificate, clock) ? 'clock' : 'expired';
    const now = new Date(clock.now()).toISOString();
    return { code, level: 'fault', values: { ...values, now, why }, sentence: wrong, advice };
  }
  if (!auto && values.days < SOON_DAYS) {
    const sentence = `The certificate for TLS expires on ${until}, in ${values.days} days.`;
    return { code, level: 'warning', values, sentence, advice };
  }
  return { code, level: 'ok', values, sentence: `The certificate for TLS is good until ${until}.` };
}

/** Of one sentence for what is so and one for what to do; none while there is time. */
function authorityFindings(
  authority: string,
  clock: Pick<Clock, 'now' | 'isTrusted'>,
  tls: Pick<BaseConfig['tls'], 'auto'>,
): Finding[] {
  const sentences = authorityFault(authority, clock, tls);
  if (sentences === undefined) return [];
  const end = sentences.indexOf('. ') + 1;
  const [sentence, advice] = [sentences.slice(0, end), sentences.slice(end + 1)];
  const { validToMs } = factsOf(authority);
  const values = { until: dayOf(validToMs), days: daysTo(validToMs, clock), by: makerOf(tls.auto) };
  return [{ code: 'authority', level: 'warning', values, sentence, advice }];
}

/** Who makes the certificate: the gateway, or whoever operates it. */
function makerOf(auto: boolean): string {
  return auto ? 'gateway' : 'operator';
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function daysTo(ms: number, clock: Pick<Clock, 'now'>): number {
  return Math.floor((ms - clock.now()) / DAY_MS);
}
