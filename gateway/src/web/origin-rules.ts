import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '../common/loopback.ts';

/** What a request says of where it goes and of who makes it; header fields as they came. */
export interface RequestSource {
  host?: string | undefined;
  /** Browsers name the page that asks; programs leave it out. */
  origin?: string | undefined;
  /** What a browser says of a request that comes without an Origin; only to this machine, and by TLS. */
  fetchSite?: string | undefined;
  /** Somebody goes to this address, in a window of its own: no page gets to know the answer. */
  isVisit?: boolean | undefined;
  /** The page that led here, where it wants that known. */
  referer?: string | undefined;
  /** It is a browser, as far as it says so. */
  isBrowser?: boolean | undefined;
}

/** `read` changes nothing; `act` sends, changes or joins; `connect` opens a WebSocket. */
export type RequestEffect = 'read' | 'act' | 'connect';

export interface OriginRulesOptions {
  /** Names that requests may name the gateway by, beside its own (`http.hosts`). */
  hosts?: readonly string[];
  /** Origins whose pages may do what the gateway's own may (`http.origins`). */
  origins?: readonly string[];
  /** Where others reach the gateway (`objects.publicUrl`); empty where that is nothing of its own. */
  publicUrl?: string;
  /** The name or address that HTTP listens on. */
  listensOn?: string;
  /** The machine's name, which may change while the gateway runs. */
  machineName: () => string;
  /** The machine's addresses, which may change too. */
  addresses?: () => readonly string[];
}

/** Why a request is not let in; the sentence names the key that would let it in. */
export interface OriginRefusal {
  status: 421 | 403;
  message: string;
}

/** arduinoWebSockets and pages opened from a disk say so of a WebSocket. */
const FROM_A_DISK = 'file://';
/** A browser never sends a path; TinyWebsockets sends the address of its repository. */
const HAS_A_PATH = /^[a-z][a-z0-9+.-]*:\/\/[^/]+\/./i;
const HOST = /^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+)(?::(\d{1,5}))?$/i;
const SHOWN = 100;
const OTHERS = 'other origins';

/**
 * Keeps web pages that are not the gateway's own from acting through the browser of somebody who may. `Host` must be a name
 * that is surely the gateway's, as a page may have its own name lead here (DNS rebinding); and the page that makes a
 * request which does something must be the gateway's own, of this machine, or one that the configuration lists.
 */
export class OriginRules {
  /** Where pages of the operator's own are served (`pages`), which may do what the gateway's own may; undefined where they are not. */
  pagesPort: number | undefined;
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  readonly #machineName: () => string;
  readonly #addresses: () => readonly string[];

  constructor({
    hosts = [],
    origins = [],
    publicUrl = '',
    listensOn = '',
    machineName,
    addresses = () => [],
  }: OriginRulesOptions) {
    const outside = URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
    const names = [...hosts, listensOn, outside?.hostname ?? ''].map(nameOf);
    this.#hosts = new Set(names.filter((name) => name !== ''));
    this.#origins = new Set([...origins, ...(outside ? [outside.origin] : [])].map(normalOrigin));
    this.#machineName = machineName;
    this.#addresses = addresses;
  }

  /** Why a request is not let in; undefined where it is. What brings a credential that no browser adds by itself may come from any page. */
  refusal(source: RequestSource, effect: RequestEffect, bringsToken = false): OriginRefusal | undefined {
    const { host } = source;
    // HTTP/1.0 has none, and no browser speaks that.
    if (host !== undefined && !this.#isOwnHost(host)) {
      const name = show(HOST.exec(host)?.[1] ?? host);
      const message = `This gateway does not go by the name ${name}; if it should, add it to http.hosts in its configuration.`;
      return { status: 421, message };
    }
    if (effect === 'read' || bringsToken) return undefined;
    const page = this.foreignPage(source, effect);
    if (page === undefined) return undefined;
    return foreign(page === OTHERS ? 'Pages of other origins' : `Pages of ${page}`, source.origin);
  }

  /** The page of another origin that makes a request, as a person may read it; undefined where it is none, or may do what our own may. */
  foreignPage({ host, origin, fetchSite, isVisit, referer }: RequestSource, effect: RequestEffect): string | undefined {
    if (origin !== undefined) return this.mayAct(origin, host) ? undefined : show(origin);
    if (effect === 'connect' || (effect === 'read' && isVisit)) return undefined;
    const isNamed = referer !== undefined && URL.canParse(referer) && this.mayAct(new URL(referer).origin, host);
    if (fetchSite !== undefined) {
      const isOwn = fetchSite === 'same-origin' || fetchSite === 'none' || (effect === 'read' && isNamed);
      return isOwn ? undefined : OTHERS;
    }
    return referer === undefined || isNamed ? undefined : OTHERS;
  }

  /**
   * Whether what a browser adds by itself, a cookie or the password of HTTP Basic, may count: only where the gateway's own page asks, or one
   * that is listed, and that is sure.
   */
  maySignIn({ host, origin, fetchSite, referer, isBrowser }: RequestSource, effect: RequestEffect): boolean {
    if (origin !== undefined) return HAS_A_PATH.test(origin) || this.#isOwnOrListed(origin, host);
    if (fetchSite !== undefined) return fetchSite === 'same-origin' || fetchSite === 'none';
    if (referer !== undefined) return URL.canParse(referer) && this.#isOwnOrListed(new URL(referer).origin, host);
    // On a network without TLS a browser does not say which page asks.
    return effect === 'read' || !isBrowser;
  }

  /** Whether pages of this origin may act where the gateway is called `host`. */
  mayAct(origin: string, host: string | undefined): boolean {
    if (origin === FROM_A_DISK || HAS_A_PATH.test(origin) || this.#isOwnOrListed(origin, host)) return true;
    if (!isWebOrigin(origin)) return false;
    const name = nameOf(new URL(origin).hostname);
    return isLoopback(name) || isLocalName(name);
  }

  /** Whether it is an origin that the gateway serves pages at, or one that the configuration lists. */
  #isOwnOrListed(origin: string, host: string | undefined): boolean {
    if (this.#origins.has(normalOrigin(origin))) return true;
    if (!isWebOrigin(origin)) return false;
    const page = new URL(origin);
    const isOfPages = this.pagesPort !== undefined && portOf(page) === this.pagesPort;
    if (isOfPages && this.#isThisMachine(nameOf(page.hostname), host)) return true;
    // Behind a proxy that encrypts, the page's scheme is another than ours.
    const own = `${page.protocol}//${host}`;
    return host !== undefined && URL.canParse(own) && new URL(own).host === page.host;
  }

  #isOwnHost(host: string): boolean {
    const given = HOST.exec(host)?.[1];
    if (given === undefined) return false;
    const name = nameOf(given);
    return isIP(name) !== 0 || this.#isOwnName(name);
  }

  /** Whether a page of this name or address is of this machine: where it is not the one that the page calls, it must be known. */
  #isThisMachine(name: string, host: string | undefined): boolean {
    const called = HOST.exec(host ?? '')?.[1];
    if (called !== undefined && name === nameOf(called)) return true;
    return isIP(name) === 0 ? this.#isOwnName(name) : this.#addresses().includes(name);
  }

  #isOwnName(name: string): boolean {
    if (isLocalName(name) || this.#hosts.has(name)) return true;
    const machine = nameOf(this.#machineName());
    const [first] = machine.split('.', 1);
    return name === machine || name === first || name === `${first}.local`;
  }
}

/** Where a request comes from, by its headers. */
export function sourceOf(headers: IncomingHttpHeaders): RequestSource {
  const { host, origin, referer, accept, 'sec-fetch-site': fetchSite, 'user-agent': agent = '' } = headers;
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': dest } = headers;
  const isVisit = mode === undefined ? accept?.includes('text/html') : mode === 'navigate' && dest === 'document';
  return {
    ...{ host, origin, referer, isVisit, isBrowser: agent.includes('Mozilla/') },
    fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
  };
}

/** What a request does, by its method and whether its route makes a GET do something. */
export function effectOf(method: string, getActs: boolean): RequestEffect {
  if (method === 'OPTIONS') return 'read';
  return (method === 'GET' || method === 'HEAD') && !getActs ? 'read' : 'act';
}

/** The usual one is left out of an origin. */
function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** Browsers look up no name that ends with `.localhost`. */
function isLocalName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

/** As names are compared: in lower case, an IPv6 address without brackets, no dot at the end. */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

function isWebOrigin(origin: string): boolean {
  return /^https?:\/\//i.test(origin) && URL.canParse(origin);
}

function normalOrigin(origin: string): string {
  const text = origin.toLowerCase().replace(/\/$/, '');
  return /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text).origin : text;
}

function foreign(who: string, origin?: string): OriginRefusal {
  const what = origin === undefined ? 'their origin' : 'that origin';
  return {
    status: 403,
    message: `${who} may not act here; to let them, add ${what} to http.origins in the configuration.`,
  };
}

/** What came from outside, so that it cannot pass for something else. */
function show(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN)).slice(1, -1);
}
