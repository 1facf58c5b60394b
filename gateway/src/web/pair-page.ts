import { makeOwnPage, type OwnPage } from './own-page.ts';

/** Texts from outside are set with textContent alone, so no name can become markup. */
const SCRIPT = `
const byId = (id) => document.getElementById(id);
const form = byId('form');
const fields = form.elements;
const say = (text) => { byId('fault').textContent = text; };
const NEXT = {
  PEER_NOT_ALLOWED: ' Ask whoever made the code for another one, or choose another name.',
  PEER_BAD_NAME: ' Choose another name.',
};
// The code of the picture that was read; it is in no log, as browsers keep to themselves what is behind a #.
fields.code.value = decodeURIComponent(location.hash.slice(1)).replace(/^pair=/, '').slice(0, 20);
(fields.code.value ? fields.name : fields.code).focus();
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  say('');
  form.querySelector('button').disabled = true;
  try {
    const name = fields.name.value.trim();
    const body = JSON.stringify({ code: fields.code.value.trim(), ...(name && { name }) });
    const headers = { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(15000);
    const answer = await fetch('/api/v1/pair', { method: 'POST', headers, body, signal });
    const { account, token, error } = await answer.json();
    if (error) say(error.message + (NEXT[error.code] ?? ''));
    else show(name || account, account, token);
  } catch {
    say('The gateway does not answer. Is it running, and is this device in its network?');
  }
  form.querySelector('button').disabled = false;
});
function show(name, account, token) {
  history.replaceState(null, '', location.pathname);
  form.hidden = true;
  byId('paired').hidden = false;
  byId('name').textContent = name;
  byId('token').textContent = token;
  const host = location.hostname;
  const ways = {
    mqtt: 'user name ' + account + ', password ' + token,
    oocsi: account + ':' + token,
    crosscomm: "ip='" + account + ':' + token + '@' + host + "'",
    arduino: 'credentials("' + account + '", "' + token + '")',
    http: 'Authorization: Bearer ' + token,
  };
  for (const [way, text] of Object.entries(ways)) byId(way).textContent = text;
  byId('id').textContent = name;
}
byId('copy').addEventListener('click', async () => {
  const token = byId('token');
  // Without TLS a browser has no clipboard for scripts but this one.
  const range = document.createRange();
  range.selectNodeContents(token);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  const isCopied = navigator.clipboard
    ? await navigator.clipboard.writeText(token.textContent).then(() => true, () => document.execCommand('copy'))
    : document.execCommand('copy');
  byId('copied').textContent = isCopied ? 'Copied.' : 'It is selected: copy it by hand.';
});
`;

const BODY = `<h1>Pair a device</h1>
<p class="quiet">The six digits that the gateway shows give one device a token of its own, by which it proves who it is.</p>
<form id="form">
<p><label>Code <input name="code" inputmode="numeric" autocomplete="off" required pattern="[0-9]{3}[ \\-]?[0-9]{3}"
 title="six digits" size="8"></label></p>
<p><label>Name of the device <input name="name" autocomplete="off" maxlength="256" placeholder="such as door"></label>
<button>Get its token</button></p>
<p class="quiet">It is the client id that the device will have; leave it out if the code was made for a name.</p>
<p id="fault" role="alert"></p>
</form>
<div id="paired" hidden>
<p><strong id="name"></strong> is paired. Its token, which is not shown again:</p>
<p><code id="token"></code> <button id="copy">Copy</button> <span id="copied" role="status"></span></p>
<p>Write it into the program of the device, whose client id is <code id="id"></code>, in place of the code:</p>
<dl>
<dt>MQTT</dt><dd><code id="mqtt"></code></dd>
<dt>OOCSI (the handle)</dt><dd><code id="oocsi"></code></dd>
<dt>CrossComm (Python, pywayne)</dt><dd><code id="crosscomm"></code></dd>
<dt>Arduino library</dt><dd><code id="arduino"></code></dd>
<dt>HTTP</dt><dd><code id="http"></code></dd>
</dl>
<p>The code is used up when the device has used its token for the first time; whoever made the code sees that.</p>
</div>
<noscript><p>This page needs JavaScript. Programs send <code>{"code": "493817", "name": "door"}</code> to
<code>POST /api/v1/pair</code>.</p></noscript>`;

/**
 * The page at `/pair`, to which the picture of `crosscomm pair` leads: it asks for the name of a device, and shows the token that the code
 * gives it. The code stands behind the `#` of the address.
 */
export function makePairPage(): OwnPage {
  return makeOwnPage({ title: 'Pair a device - CrossComm Gateway', body: BODY, script: SCRIPT });
}
