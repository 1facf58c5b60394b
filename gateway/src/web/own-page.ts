import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** What a page of the gateway's own looks like: as the dashboard, whose colours these are. Fields of 16px are not zoomed by phones. */
const PAGE_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, "Noto Sans SC", "PingFang SC", sans-serif; --ground: #f5f6f8; --surface: #fff;
 --line: #c3cad3; --text: #1a2027; --quiet: #5a6472; --accent: #0b6583; --on-accent: #fff; --raised: #f0f2f5; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #101418; --surface: #181e25; --line: #46525f; --text: #e7ebef; --quiet: #9ca8b5;
 --accent: #63c1e0; --on-accent: #06222c; --raised: #212933; --bad: #ff938a; } }
* { box-sizing: border-box; }
[hidden] { display: none; }
body { margin: 0; padding: 1rem; background: var(--ground); color: var(--text); }
main { max-width: 30rem; margin: 4vh auto; padding: 1.5rem; background: var(--surface); border: 1px solid var(--line); border-radius: 10px; }
h1 { margin: .75rem 0 .25rem; font-size: 1.4rem; }
.quiet { color: var(--quiet); margin: 0; }
label { display: block; margin-top: 1rem; color: var(--quiet); font-size: .9rem; }
input, button { width: 100%; min-height: 2.75rem; padding: 0 .75rem; font: inherit; border: 1px solid var(--line); border-radius: 6px; }
input { background: var(--surface); color: var(--text); }
label + .quiet { margin-top: .25rem; font-size: .9rem; }
button { margin-top: 1rem; border-color: var(--accent); background: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer; }
button:disabled { opacity: .6; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
[role=alert] { color: var(--bad); }
code { font: .9em ui-monospace, monospace; background: var(--raised); padding: .1em .3em; border-radius: 4px; overflow-wrap: anywhere; }
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
<main>
${body}
</main>
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
