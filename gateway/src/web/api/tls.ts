import { z } from 'zod';
import { RequestError } from '../request-error.ts';
import { finding } from './diagnosis.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, lazy, type Output, timeMs } from './schema.ts';

const certificate = lazy(() =>
  z
    .strictObject({
      subject: z.string().describe('whom it is for: "CN=gateway"'),
      issuer: z.string(),
      serial: z.string(),
      fingerprint: z.string().describe('SHA-256, hexadecimal'),
      names: z.array(z.string()).describe('host names and addresses that it is good for'),
      isAuthority: z.boolean(),
      validFromMs: timeMs(),
      validToMs: timeMs(),
    })
    .meta({ id: 'Certificate' }),
);

const tlsAnswer = lazy(() =>
  z
    .strictObject({
      mode: z
        .enum(['off', 'auto', 'files'])
        .describe('auto: the gateway makes its certificate; files: it is given one'),
      authority: certificate()
        .nullable()
        .describe("the gateway's own authority, of client certificates and, with auto, of its own one; null: none yet"),
      certificate: certificate().nullable().describe('what clients are shown; null: none yet'),
      trustedFingerprint: z
        .string()
        .nullable()
        .describe('SHA-256 of what clients must trust, hexadecimal; null: none yet, or one that others issue'),
      listeners: z
        .array(
          z.strictObject({
            listener: z.string().describe('by its key of the configuration'),
            port: count(),
            tls: z.enum(['accepted', 'required']),
          }),
        )
        .describe('those that speak TLS'),
      problems: z.array(finding()).describe('what is wrong with the two, and what to do about it'),
    })
    .meta({ id: 'Tls' }),
);
export type TlsState = Output<typeof tlsAnswer>;

const renewBody = lazy(() =>
  z.strictObject({
    authority: z.boolean().default(false).describe('makes a new authority as well, which every client must be given'),
  }),
);

/** What is done with the certificates of a gateway by commands and by HTTP. */
export interface TlsDesk {
  show(): Promise<TlsState>;
  /**
   * Makes a new certificate, and an authority where `authority` says so; a running gateway shows it at once. Rejects with an AccountError where
   * the certificate is not the gateway's to make.
   */
  renew(authority: boolean): Promise<TlsState>;
  /** The certificate by which clients know the gateway, PEM, which is made where there is none; undefined: somebody else has it. */
  authority(): Promise<string | undefined>;
}

/** Certificates for TLS. What clients are shown anyway is for all who may see the gateway. */
export function tlsRoutes(desk: TlsDesk): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/tls',
        summary: 'The certificates for TLS, until when they are good, and which listeners show them.',
        needs: 'see',
        answers: { 200: tlsAnswer },
      },
      () => desk.show(),
    ),
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/tls/renew',
        summary:
          'Makes a new certificate, which is used at once. Clients need nothing new, unless the authority is new, too.',
        needs: 'operate',
        body: renewBody,
        answers: { 200: tlsAnswer },
        logs: { what: 'certificate for TLS renewed', subject: 'name' },
      },
      ({ body }) => desk.renew(body.authority),
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/tls/authority',
        summary: 'The certificate by which clients know the gateway, in PEM.',
        needs: 'see',
        answers: { 200: undefined },
        streams: 'application/x-x509-ca-cert',
      },
      async ({ reply }) => {
        const certificatePem = await desk.authority();
        if (certificatePem === undefined) throw new RequestError('PEER_NOT_FOUND', OF_OTHERS);
        void reply
          .type('application/x-x509-ca-cert')
          .header('content-disposition', 'attachment; filename="ca.crt"')
          .send(certificatePem);
        return undefined;
      },
    ),
  ];
}

const OF_OTHERS =
  'The certificate of this gateway is its own (tls.certificate): clients check it by the authority that issued it.';
