import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from './request-error.ts';

/** Made by the build, of `gateway/dashboard`, in the package beside the compiled code. */
const FOLDER = fileURLToPath(new URL('../../dist/dashboard', import.meta.url));

/** Nothing comes from another host, and no text becomes markup or a program: the browser refuses it, whatever the page's code does. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Those that the build has made beside each file, the smaller one first. */
const ENCODINGS = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const;

const NOT_BUILT = `<!doctype html>
<html lang="en">
<title>CrossComm Gateway</title>
<h1>CrossComm Gateway</h1>
<p>It works, but was built without its page: <code>npm run build</code> makes it. <a href="/status">/status</a> tells who is connected.</p>
</html>
`;

/**
 * The dashboard: its page at `/`, and what this loads from `/dashboard/assets/`. The names of these change with their content, so browsers
 * keep them for ever, and ask anew for the page alone.
 *
 * @param folder absolute; where the build has put it
 */
export function dashboardFiles(folder = FOLDER): FastifyPluginCallback {
  return (app, _options, done) => {
    app.route({
      method: ['GET', 'HEAD'],
      url: '/',
      async handler(_request, reply) {
        const page = await readFile(`${folder}/index.html`, 'utf8').catch(() => NOT_BUILT);
        reply.headers({
          'content-security-policy': POLICY,
          'cache-control': 'no-cache',
          'referrer-policy': 'no-referrer',
        });
        return await send(reply, 'text/html; charset=utf-8', page);
      },
    });
    let names: Promise<ReadonlySet<string>> | undefined;
    app.route<{ Params: { name: string } }>({
      method: ['GET', 'HEAD'],
      url: '/dashboard/assets/:name',
      async handler(request, reply) {
        const { name } = request.params;
        names ??= readdir(`${folder}/assets`).then(
          (found) => new Set(found),
          () => new Set<string>(),
        );
        const known = await names;
        const type = TYPES[extname(name)];
        // Nothing but what is in the list is read, so no name leads out of the folder.
        if (type === undefined || !known.has(name)) {
          throw new RequestError(
            'PEER_NOT_FOUND',
            'The dashboard has no such file; was the gateway updated? Load the page again.',
          );
        }
        const encoding = ENCODINGS.find((one) => known.has(name + one.suffix) && takes(request, one.name));
        if (encoding) reply.header('content-encoding', encoding.name);
        reply.headers({ vary: 'Origin, Accept-Encoding', 'cache-control': 'public, max-age=31536000, immutable' });
        return await send(reply, type, await readFile(`${folder}/assets/${name}${encoding?.suffix ?? ''}`));
      },
    });
    done();
  };
}

function send(reply: FastifyReply, type: string, content: string | Buffer): FastifyReply {
  return reply.type(type).send(content);
}

/** Whether a browser takes an encoding: it lists it, without the weight 0. */
function takes({ headers }: FastifyRequest, encoding: string): boolean {
  const accepted = headers['accept-encoding'];
  if (typeof accepted !== 'string') return false;
  return accepted.split(',').some((one) => {
    const [name = '', ...weight] = one.split(';').map((part) => part.trim().toLowerCase());
    return name === encoding && !weight.some((part) => part.startsWith('q=') && Number(part.slice(2)) === 0);
  });
}
