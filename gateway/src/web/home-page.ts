import type { Guide, Way } from '../protocols/contract.ts';
import { makeOwnPage, type OwnPage } from './own-page.ts';

/** Texts from clients are set with textContent alone, so no name can become markup. */
const SCRIPT = `
const byId = (id) => document.getElementById(id);
const at = (door, fallback) => location.hostname + ':' + (door ? door.port : fallback);
const since = (ms, nowMs) => {
  const s = Math.max(0, Math.round((nowMs - ms) / 1000));
  return s < 60 ? s + ' s' : s < 3600 ? Math.floor(s / 60) + ' min' : Math.floor(s / 3600) + ' h';
};
const row = (texts) => {
  const line = document.createElement('tr');
  for (const text of texts) line.appendChild(document.createElement('td')).textContent = text;
  return line;
};
const proofOf = ({ account, proof }) =>
  account ? account + ', by ' + proof : proof === 'cable' ? 'by cable' : 'anonymous';
function show(status) {
  // By the gateway's clock, which may not be the browser's.
  const { clients, doors, channels, counters, nowMs } = status;
  byId('state').textContent = 'Version ' + status.version + ', running. ' + clients.online + ' online, '
    + channels.length + ' channels, ' + counters.messages + ' messages so far.';
  const shared = (status.sharedIds ?? []).map((one) => one.id + ' (' + one.protocol + ')').join(', ');
  byId('shared').hidden = shared === '';
  byId('shared').textContent = 'Several clients have one id and put each other out: ' + shared + '. Give each its own.';
  for (const code of document.querySelectorAll('[data-path]')) {
    code.textContent = (location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + code.dataset.path;
  }
  for (const code of document.querySelectorAll('[data-listener]')) {
    const { listener, port } = code.dataset;
    code.textContent = at(doors[listener], port) + (doors[listener]?.tls === 'required' ? ' (TLS only)' : '');
    const optional = code.closest('[data-optional]');
    if (optional) optional.hidden = !doors[listener];
    const answer = code.closest('dd');
    if (answer.children.length === 1) {
      answer.hidden = answer.previousElementSibling.hidden = Boolean(doors.http && !doors[listener]);
    }
  }
  byId('client').textContent = location.origin;
  byId('own-pages').hidden = !doors.pages;
  if (doors.pages) {
    const address = location.protocol + '//' + at(doors.pages);
    byId('pages').href = address;
    byId('pages').textContent = address;
  }
  const rows = clients.list.map((client) => row([client.id, client.protocol, proofOf(client), since(client.sinceMs, nowMs)]));
  byId('clients').replaceChildren(...(rows.length ? rows : [row(['Nobody yet.', '', '', ''])]));
}
function showWho(account) {
  byId('signed-in').hidden = !account;
  byId('account').textContent = account ?? '';
}
async function refresh() {
  try {
    const answer = await fetch('/status', { signal: AbortSignal.timeout(5000) });
    byId('sign-in').hidden = answer.status !== 401;
    if (answer.status === 401 || answer.status === 403) {
      byId('state').textContent = answer.status === 401 ? 'Sign in to see who is online.' : (await answer.json()).error.message;
      return showWho();
    }
    if (!answer.ok) throw new Error(answer.statusText);
    show(await answer.json());
  } catch {
    byId('state').textContent = 'The gateway does not answer. Is it running?';
  }
  setTimeout(refresh, 2000);
}
const session = (init) => fetch('/api/v1/session', init);
byId('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const body = JSON.stringify({ account: form.account.value, password: form.password.value });
  const answer = await session({ method: 'POST', headers: { 'content-type': 'application/json' }, body });
  form.password.value = '';
  const { account, error } = await answer.json();
  byId('sign-in-fault').textContent = error ? error.message : '';
  if (error) return;
  showWho(account);
  refresh();
});
byId('sign-out').addEventListener('click', async () => {
  await session({ method: 'DELETE' });
  location.reload();
});
session().then(async (answer) => answer.ok && showWho((await answer.json()).account)).catch(() => {});
refresh();
`;

/** The addresses of a protocol; the script says which of its listeners are closed. */
function entryOf({ label, ways, page }: Guide): string {
  const [first] = ways;
  const title = page?.title ?? (first ? `${label} (${first.who})` : label);
  const addresses = ways.map((way, index) => {
    const text = `${index === 0 ? '' : `; ${way.who}: `}${codeOf(way)}`;
    return 'listener' in way && way.isOptional ? `<span data-optional hidden>${text}</span>` : text;
  });
  const broken = ways.length > 1 ? '\n' : '';
  return `<dt>${title}</dt>${broken}<dd>${page?.text ?? addresses.join('')}</dd>\n`;
}

function codeOf(way: Way): string {
  if ('webSocket' in way) return `<code data-path="${way.webSocket}">ws://HOST:9898${way.webSocket}</code>`;
  const { listener, standardPort } = way;
  return `<code data-listener="${listener}" data-port="${standardPort}">HOST:${standardPort}</code>`;
}

/**
 * The page at `/`: what runs here, how to connect, and who is online. It loads nothing from anywhere else.
 *
 * @param guides of the protocols, whose texts are the gateway's own
 */
export function makeHomePage(guides: readonly Guide[]): OwnPage {
  const [byAddress, others] = [true, false].map((has) =>
    guides
      .filter(({ ways }) => ways.length > 0 === has)
      .map(entryOf)
      .join(''),
  );
  const body = `<h1>CrossComm Gateway</h1>
<p class="quiet" id="state" role="status">Every client that is connected to this gateway, whatever its protocol.</p>
<p id="shared" role="alert" hidden></p>
<form id="sign-in" hidden>
<p><label>Account <input name="account" autocomplete="username" required></label>
<label>Password or token <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button> <span id="sign-in-fault" role="alert"></span></p>
</form>
<p id="signed-in" hidden>Signed in as <span id="account"></span>. <button id="sign-out">Sign out</button></p>
<h2>Online now</h2>
<table>
<thead><tr><th>Client</th><th>Protocol</th><th>Account</th><th>For</th></tr></thead>
<tbody id="clients"><tr><td colspan="4">Nobody yet.</td></tr></tbody>
</table>
<h2>How to connect</h2>
<dl>
${byAddress}<dt>Web pages with the client</dt>
<dd><code>import { connect } from '<span id="client">http://HOST:9898</span>/client.js'</code>;
see <a href="/examples/">the examples</a><span id="own-pages" hidden>, and your own at <a id="pages">HOST:9897</a></span></dd>
${others}<dt>HTTP</dt>
<dd><code>GET /channels</code>, <code>GET /subscribe/CHANNEL</code> (server-sent events),
<code>POST /send/CHANNEL</code> with <code>{"sender": "me", ...}</code>,
<code>GET /SERVICE/CALL</code>, <code>GET /status</code>; files: <code>PUT /objects/NAME</code>,
<code>GET /api/v1/objects</code></dd>
</dl>
<noscript><p>The list of clients needs JavaScript; <a href="/status">/status</a> has the same as JSON.</p></noscript>`;
  return makeOwnPage({ title: 'CrossComm Gateway', body, script: SCRIPT });
}
