import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Where a page finds the packages, as they are published: no bundler between. */
const PACKAGES: Record<string, string> = {
  '@crosscomm/client': '/device-sdk/node/dist/browser.js',
  '@crosscomm/protocol': '/device-sdk/protocol/dist/index.js',
};
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const PAGE = `<!doctype html><title>client</title>
<script type="importmap">${JSON.stringify({ imports: PACKAGES })}</script>`;

/** A web server with an empty page that can import the packages. Returns it, listening. */
export async function servePage(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path === '/') {
      response.setHeader('content-type', 'text/html').end(PAGE);
      return;
    }
    readFile(ROOT + path).then(
      (text) => response.setHeader('content-type', 'text/javascript').end(text),
      () => response.writeHead(404).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}
