import { createReadStream, createWriteStream, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { portOf } from '../port.mjs';

/**
 * The least program that S3 clients can put objects to and get them from: each goes into a file as it comes. It asks for no signature, computes
 * no digest, keeps no record, and nothing is on disk when the client is told so.
 */
const fileOf = (/** @type {string} */ url) => encodeURIComponent(new URL(url, 'http://x').pathname);
const ETAG = '"00000000000000000000000000000000-1"';

const server = createServer(async (request, response) => {
  const { method, url = '/' } = request;
  const file = fileOf(url);
  try {
    if (method === 'PUT') {
      await pipeline(request, createWriteStream(file));
      response.writeHead(200, { ETag: ETAG, 'Content-Length': 0 }).end();
    } else if (/^\/[^/?]*\/?(?:\?|$)/.test(url)) {
      response.writeHead(200, { 'Content-Type': 'application/xml' }).end(list(url));
    } else {
      const { size, mtime } = statSync(file);
      response.writeHead(200, { ETag: ETAG, 'Content-Length': size, 'Last-Modified': mtime.toUTCString() });
      if (method === 'HEAD') response.end();
      else await pipeline(createReadStream(file), response);
    }
  } catch {
    response.writeHead(404).end();
  }
});

/** @param {string} url */
function list(url) {
  const prefix = new URL(url, 'http://x').searchParams.get('prefix') ?? '';
  const keys = readdirSync('.').map((file) => decodeURIComponent(file).replace(/^\/[^/]*\//, ''));
  const found = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const size = `<Size>${1024 * 1024}</Size><ETag>${ETAG}</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified>`;
      return `<Contents><Key>${key}</Key>${size}</Contents>`;
    });
  return `<ListBucketResult><IsTruncated>false</IsTruncated>${found.join('')}</ListBucketResult>`;
}

server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'ready', port: portOf(server) }));
});
