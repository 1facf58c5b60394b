import { readFile } from 'node:fs/promises';
import type { FastifyPluginCallback } from 'fastify';

/** In the package, beside the compiled code. */
const PAGE = new URL('../../examples/web-lamp.html', import.meta.url);

/** `GET /examples/web-lamp.html`: a page of the gateway's own, so that a beginner's first page needs no key. */
export function examplePage(): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get('/examples/web-lamp.html', async (_request, reply) => {
      const page = await readFile(PAGE);
      return await reply
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-cache')
        // No page of another origin may show it, and so have somebody click in it.
        .header('content-security-policy', "frame-ancestors 'none'")
        .header('x-content-type-options', 'nosniff')
        .send(page);
    });
    done();
  };
}
