import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { WebSocket } from 'ws';
import { EventQueue, type LineEvent } from './json-lines.ts';
import { Program } from './program.ts';

/** Chromium without what it would do in the background: updates, look-ups, first-run pages. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
];

/** How far the loading of a document has come. */
interface Lifecycle {
  name: string;
  loaderId: string;
}

/** One page in a real browser, driven over its DevTools protocol. */
export class BrowserPage {
  readonly #browser: Program;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #answers = new EventQueue('browser');
  #calls = 0;

  private constructor(browser: Program, profile: string, socket: WebSocket) {
    this.#browser = browser;
    this.#profile = profile;
    this.#socket = socket;
    socket.on('message', (text) => {
      const answer = JSON.parse(String(text)) as Record<string, unknown>;
      this.#answers.push({ event: 'id' in answer ? `answer-${answer.id}` : String(answer.method), ...answer });
    });
  }

  /**
   * Starts Chromium with this page open. `names` lead to this machine, as if they were in the DNS; servers with one of the `keys` are trusted
   * (SHA-256 of their public key, SPKI, base64).
   */
  static async open(
    url: string,
    names: readonly string[] = [],
    { keys = [] }: { keys?: readonly string[] } = {},
  ): Promise<BrowserPage> {
    const profile = mkdtempSync(join(tmpdir(), 'crosscomm-browser-'));
    const rules = names.map((name) => `MAP ${name} 127.0.0.1`).join(',');
    const own = [
      ...[`--user-data-dir=${profile}`, `--host-resolver-rules=${rules}`],
      ...(keys.length > 0 ? [`--ignore-certificate-errors-spki-list=${keys.join(',')}`] : []),
    ];
    const args = [...FLAGS, ...own, 'about:blank'];
    const browser = new Program('chromium', 'chromium', args, { parse: () => undefined });
    const endpoint = await browser.errorLine(/DevTools listening on (ws:\S+)/);
    const { host } = new URL(endpoint);
    const socket = new WebSocket(await firstPageAt(host));
    await once(socket, 'open');
    const opened = new BrowserPage(browser, profile, socket);
    await opened.#call('Page.enable', {});
    await opened.#call('Page.setLifecycleEventsEnabled', { enabled: true });
    await opened.go(url);
    return opened;
  }

  /** Opens another page in place of this one. */
  async go(url: string): Promise<void> {
    const { loaderId } = (await this.#call('Page.navigate', { url })) as { loaderId: string };
    // The page before may be loading yet, or again.
    const isThis = ({ name, loaderId: loaded }: Lifecycle): boolean => name === 'load' && loaded === loaderId;
    const isLoaded = ({ event, params }: LineEvent): boolean =>
      event === 'Page.lifecycleEvent' && isThis(params as Lifecycle);
    await this.#answers.take('loaded page', isLoaded);
  }

  /** The value of an expression in the page; a promise is awaited. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = (await this.#call('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })) as { result: { value: unknown }; exceptionDetails?: object };
    if (exceptionDetails) throw new Error(`the page threw: ${JSON.stringify(exceptionDetails)}`);
    return result.value;
  }

  /** Waits until the text of the element that `selector` finds contains `text`. */
  async waitForText(selector: string, text: string): Promise<void> {
    await this.evaluate(`new Promise((resolve) => {
      const shown = () => document.querySelector(${JSON.stringify(selector)})?.textContent.includes(${JSON.stringify(text)});
      const look = () => shown() && (observer.disconnect(), resolve());
      const observer = new MutationObserver(look);
      observer.observe(document, { subtree: true, childList: true, characterData: true });
      look();
    })`);
  }

  async #call(method: string, params: object): Promise<unknown> {
    const id = ++this.#calls;
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await this.#answers.take(`answer to ${method}`, ({ event }) => event === `answer-${id}`);
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  async close(): Promise<void> {
    this.#socket.terminate();
    await this.#browser.stop();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The address of the tools of the page that Chromium opens, which it may still be about to do. */
async function firstPageAt(host: string): Promise<string> {
  return await vi.waitFor(async () => {
    const targets = (await fetch(`http://${host}/json/list`).then((answer) => answer.json())) as {
      type: string;
      webSocketDebuggerUrl: string;
    }[];
    const page = targets.find(({ type }) => type === 'page');
    if (!page) throw new Error('Chromium has opened no page');
    return page.webSocketDebuggerUrl;
  });
}
