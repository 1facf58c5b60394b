import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** What all pages of the gateway's own look like. */
const PAGE_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; }
h2 { margin-top: 2rem; font-size: 1.1rem; }
.quiet { opacity: .7; margin-top: 0; }
code { font: .9em ui-monospace, monospace; background: #8882; padding: .1em .3em; border-radius: .25em; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid #8884; overflow-wrap: anywhere; }
dt { font-weight: 600; margin-top: .6rem; }
dd { margin: 0; }
`;

/** A page of the gateway's own, in one file, and what it may do. */
export interface OwnPage {
  html: string;
  /** Its Content-Security-Policy. */
  policy: string;
}

/**
 * Makes a page that loads nothing from anywhere: its style and script are in it, and it asks only where it came from.
 *
 * @param body HTML of the gateway's own; it sets texts from clients with `textContent` alone, so that no name can become markup
 */
export function makeOwnPage({ title, body, script }: { title: string; body: string; script: string }): OwnPage {
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(PAGE_STYLE)}'`,
    `script-src '${hashOf(script)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${PAGE_STYLE}</style>
</head>
<body>
${body}
<script>${script}</script>
</body>
</html>
`;
  return { html, policy };
}

/** Answers with a page of the gateway's own. */
export function sendOwnPage(reply: FastifyReply, { html, policy }: OwnPage): void {
  void reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(html);
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
