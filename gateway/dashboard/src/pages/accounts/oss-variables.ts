import type { MadeOssKey } from '../../api/types.ts';

type Listener = MadeOssKey['listener'];

/** Where OSS clients come in unless the configuration says otherwise; it may be closed now. */
const OSS_PORT = 9899;

/** What a client of object storage reads from its environment. `here`: the host by which the page reaches the gateway. */
export function asVariables({ id, secret, bucket, listener }: MadeOssKey, here: string): string {
  const { host, port, tls } = listener ?? { host: '0.0.0.0', port: OSS_PORT };
  const shown = host === '0.0.0.0' || host === '::' ? here : host.includes(':') ? `[${host}]` : host;
  const scheme = tls === 'required' ? 'https' : 'http';
  return [
    `export OSS_ENDPOINT=${scheme}://${shown}:${port}`,
    `export OSS_BUCKET_NAME=${bucket}`,
    `export OSS_ACCESS_KEY_ID=${id}`,
    `export OSS_ACCESS_KEY_SECRET=${secret}`,
  ].join('\n');
}

/** Whether programs on the machine of the gateway alone reach a listener. */
export function isOnlyLocal(listener: Listener): boolean {
  return (
    listener !== null && (/^127\./.test(listener.host) || listener.host === '::1' || listener.host === 'localhost')
  );
}
