import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from './request-error.ts';
import { StaticFiles } from './static-files.ts';

/** In the package, beside the compiled code. */
const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
/** Made by the build, of the sources of @crosscomm/client. */
const CLIENT = fileURLToPath(new URL('../../dist/client', import.meta.url));
const CLIENT_FILES = ['client.js', 'client.js.map', 'crosscomm-client.tgz', 'crosscomm-protocol.tgz'];

/** No page of another origin may show the gateway's own, and so have somebody click in them. */
const FRAMES = "frame-ancestors 'none'";
const LIST_STYLE = 'max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif';

/**
 * What the gateway brings along for pages and programs: `/client.js`, the client as a module that any page may import, with its
 * source map; its packages for npm; and `/examples/`, pages of the gateway's own, so that a beginner's first page needs no key.
 */
export function ownFiles(): FastifyPluginCallback {
  return (app, _options, done) => {
    const examples = new StaticFiles(EXAMPLES);
    let client: StaticFiles | undefined;
    for (const name of CLIENT_FILES) {
      app.route({
        method: ['GET', 'HEAD'],
        url: `/${name}`,
        async handler(request, reply) {
          client ??= openClient();
          reply.headers({ 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' });
          return await client.answer(request, reply, `/${name}`);
        },
      });
    }
    const answerExample = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const { '*': name } = request.params as { '*': string };
      reply.header('content-security-policy', FRAMES);
      if (name !== '') return await examples.answer(request, reply, `/${encodeURIComponent(name)}`);
      return await reply
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-cache')
        .send(await exampleList());
    };
    // Browsers ask for it by themselves; that it is not there is no fault of theirs.
    app.get('/favicon.ico', (_request, reply) => reply.code(204).send());
    app.get('/examples', (_request, reply) => reply.redirect('/examples/', 301));
    app.route({ method: ['GET', 'HEAD'], url: '/examples/*', handler: answerExample });
    done();
  };
}

function openClient(): StaticFiles {
  try {
    return new StaticFiles(CLIENT);
  } catch {
    throw new RequestError(
      'PEER_NOT_FOUND',
      'This gateway was built without the client for pages: npm run build makes it.',
    );
  }
}

/** A page with a link to each example, by its title. */
async function exampleList(): Promise<string> {
  const names = (await readdir(EXAMPLES)).filter((name) => name.endsWith('.html')).sort();
  const items = await Promise.all(
    names.map(async (name) => exampleItem(name, await readFile(`${EXAMPLES}/${name}`, 'utf8'))),
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Examples - CrossComm Gateway</title>
<link rel="icon" href="data:,">
<body style="${LIST_STYLE}">
<h1>Examples</h1>
<p>Pages that talk to this gateway. Look at their sources, copy one, change it.</p>
<ul>
${items.join('\n')}
</ul>
<p>The client that a page may import is <a href="/client.js">/client.js</a>. Back to <a href="/">the gateway</a>.</p>
</html>
`;
}

/** The examples are the gateway's own, so what they say of themselves is HTML already. */
function exampleItem(name: string, page: string): string {
  const title = /<title>([^<]*)<\/title>/.exec(page)?.[1] ?? name;
  const about = /<meta name="description" content="([^"]*)">/.exec(page)?.[1] ?? '';
  return `<li><a href="${name}">${title}</a>${about === '' ? '' : `: ${about}`}</li>`;
}
