import { request } from 'node:https';
import { Readable } from 'node:stream';
import type { Fetch } from './http-place.ts';

/** As `fetch`, which can be told of no authority: over TLS it trusts the certificates of `ca` alone, PEM. */
export function fetchTrusting(ca: string): Fetch {
  return (url, { headers, signal }) => {
    if (!url.startsWith('https:')) return fetch(url, { headers, signal });
    return new Promise((resolve, reject) => {
      const asked = request(url, { ca, headers, signal });
      asked.on('error', reject);
      asked.on('response', (answer) => {
        const { statusCode = 0, rawHeaders } = answer;
        const named = new Headers();
        for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
          named.append(rawHeaders[at] as string, rawHeaders[at + 1] as string);
        }
        const body = statusCode === 204 || statusCode === 304 ? null : (Readable.toWeb(answer) as ReadableStream);
        resolve(new Response(body, { status: statusCode, headers: named }));
      });
      asked.end();
    });
  };
}
