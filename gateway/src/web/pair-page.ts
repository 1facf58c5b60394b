import { makeOwnPage, type OwnPage } from './own-page.ts';

/** Texts from outside are set with textContent alone, so no name can become markup. */
const SCRIPT = `
const byId = (id) => document.getElementById(id);
const form = byId('form');
const fields = form.elements;
const say = (text) => { byId('fault').textContent = text; };
const ZH = {
  title: '配对设备', intro: '输入网关显示的六位数字，一个设备就会得到自己的令牌，用来证明身份。',
  codeLabel: '配对码', nameLabel: '设备名称', get: '获取令牌',
  nameHint: '即该设备将使用的客户端 id；如果配对码已指定名称，请留空。',
  paired: '已配对。它的令牌如下，不会再次显示：', copy: '复制', copied: '已复制。', select: '已选中，请手动复制。',
  write: '请在该设备的程序里用它代替配对码；客户端 id：', oocsiLabel: 'OOCSI（名称）', mqttText: '用户名 %a，密码 %t',
  arduinoLabel: 'Arduino 库', crosscommLabel: 'CrossComm（Python、pywayne）', pythonLabel: 'CrossComm 的 Python 客户端',
  used: '设备第一次使用令牌后，配对码即失效；生成配对码的人会看到。',
  PEER_NOT_ALLOWED: '配对码无效，或者不能使用这个名称。请向生成配对码的人要一个新的，或换一个名称。', PEER_BAD_NAME: '不能使用这个名称，请换一个。',
  offline: '网关没有应答。它在运行吗？本设备和它在同一个网络中吗？',
};
const EN = {
  copied: 'Copied.', select: 'It is selected: copy it by hand.', mqttText: 'user name %a, password %t',
  offline: 'The gateway does not answer. Is it running, and is this device in its network?',
};
const isChinese = navigator.language.startsWith('zh');
const texts = isChinese ? ZH : EN;
if (isChinese) {
  document.documentElement.lang = 'zh';
  document.title = ZH.title + ' - CrossComm Gateway';
  for (const part of document.querySelectorAll('[data-text]')) part.textContent = ZH[part.dataset.text];
}
const NEXT = {
  PEER_NOT_ALLOWED: ' Ask whoever made the code for another one, or choose another name.',
  PEER_BAD_NAME: ' Choose another name.',
};
const faultOf = ({ code, message }) => (isChinese && ZH[code]) || message + (NEXT[code] ?? '');
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
    if (error) say(faultOf(error));
    else show(name || account, account, token);
  } catch {
    say(texts.offline);
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
    mqtt: texts.mqttText.replace('%a', () => account).replace('%t', () => token),
    oocsi: account + ':' + token,
    crosscomm: "ip='" + account + ':' + token + '@' + host + "'",
    python: 'token="' + token + '"',
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
  byId('copied').textContent = isCopied ? texts.copied : texts.select;
});
`;

const BODY = `<h1 data-text="title">Pair a device</h1>
<p class="quiet" data-text="intro">The six digits that the gateway shows give one device a token of its own, by which it proves who it is.</p>
<form id="form">
<label><span data-text="codeLabel">Code</span> <input name="code" inputmode="numeric" autocomplete="off" required
 pattern="[0-9]{3}[ \\-]?[0-9]{3}" title="493817"></label>
<label><span data-text="nameLabel">Name of the device</span> <input name="name" autocomplete="off" maxlength="256" placeholder="door"></label>
<p class="quiet" data-text="nameHint">It is the client id that the device will have; leave it out if the code was made for a name.</p>
<button data-text="get">Get its token</button>
<p id="fault" role="alert"></p>
</form>
<div id="paired" hidden>
<p><strong id="name"></strong> <span data-text="paired">is paired. Its token, which is not shown again:</span></p>
<p><code id="token"></code></p>
<button id="copy" data-text="copy">Copy</button> <span id="copied" role="status"></span>
<p><span data-text="write">Write it into the program of the device in place of the code; its client id is</span> <code id="id"></code>.</p>
<dl>
<dt>MQTT</dt><dd><code id="mqtt"></code></dd>
<dt data-text="oocsiLabel">OOCSI (the handle)</dt><dd><code id="oocsi"></code></dd>
<dt data-text="crosscommLabel">CrossComm (Python, pywayne)</dt><dd><code id="crosscomm"></code></dd>
<dt data-text="pythonLabel">CrossComm's own client for Python</dt><dd><code id="python"></code></dd>
<dt data-text="arduinoLabel">Arduino library</dt><dd><code id="arduino"></code></dd>
<dt>HTTP</dt><dd><code id="http"></code></dd>
</dl>
<p class="quiet" data-text="used">The code is used up when the device has used its token for the first time; whoever made the code sees that.</p>
</div>
<noscript><p>This page needs JavaScript. Programs send <code>{"code": "493817", "name": "door"}</code> to
<code>POST /api/v1/pair</code>.</p></noscript>`;

/**
 * The page at `/pair`, to which the picture of `crosscomm pair` leads: it asks for the name of a device, and shows the token that the code
 * gives it. The code stands behind the `#` of the address. It speaks English, and Chinese where the browser does.
 */
export function makePairPage(): OwnPage {
  return makeOwnPage({ title: 'Pair a device - CrossComm Gateway', body: BODY, script: SCRIPT });
}
