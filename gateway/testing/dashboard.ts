import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, vi } from 'vitest';
import { launchChromium } from '../../scripts/lib/chromium.mjs';
import type { Account } from '../src/access/account.ts';
import { saveAccounts } from './accounts.ts';
import { openPage, PHONE, type WatchedPage } from './chromium.ts';
import { GatewayProcess } from './gateway-process.ts';

/** A test does in seconds what a person does in minutes; on a machine that does everything else as well, it takes as long. */
const TEST_MS = 240_000;

/** What the tests of one file begin with. */
export interface DashboardWish {
  /** Of the gateway, laid over that of a test. */
  configuration?: Record<string, unknown>;
  /** The environment of the gateway, read when it starts. */
  env?: NodeJS.ProcessEnv;
  accounts?: readonly Account[];
  /** The page that is opened first, as in `clients/lamp`; the overview where it is left out. */
  page?: string;
  /** Runs when the gateway has started, and before the browser does: what it needs first, and clients that are there already. */
  prepare?: (house: DashboardHouse) => Promise<void>;
}

/** A gateway and its dashboard in a browser, for all tests of one file: from before the first until after the last. */
export class DashboardHouse {
  readonly gateway: GatewayProcess;
  readonly #clients: MqttClient[] = [];
  #browser: Browser | undefined;
  #watched: WatchedPage | undefined;

  constructor({ accounts = [], configuration, env, page = '', prepare }: DashboardWish = {}) {
    this.gateway = new GatewayProcess(configuration, env);
    vi.setConfig({ testTimeout: TEST_MS, hookTimeout: TEST_MS });
    beforeAll(async () => {
      if (accounts.length > 0) await saveAccounts(this.gateway.dataDir, accounts);
      await this.gateway.start();
      await prepare?.(this);
      this.#browser = await launchChromium();
      this.#watched = await openPage(this.#browser, this.urlOf(page));
    });
    afterAll(async () => {
      await this.#browser?.close();
      for (const client of this.#clients) await client.endAsync(true);
      await this.gateway.dispose();
    });
  }

  /** The page on a desktop, which stays open. */
  get page(): Page {
    return this.watched.page;
  }

  /** What went wrong in that page. */
  get faults(): string[] {
    return this.watched.faults;
  }

  get watched(): WatchedPage {
    if (this.#watched === undefined) throw new Error('the dashboard was not opened');
    return this.#watched;
  }

  /** Where the gateway answers, with a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.gateway.ready.http.port}/`;
  }

  /** The address of a page, as in `clients/lamp`. */
  urlOf(page: string): string {
    return page === '' ? this.url : `${this.url}#/${page}`;
  }

  /** Opens another page in place of the one on the desktop, as by a link. */
  async go(page: string): Promise<void> {
    await this.page.goto(this.urlOf(page));
  }

  /** Opens an address on a phone, where nobody has signed in. */
  async onPhone(url: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
    if (this.#browser === undefined) throw new Error('the browser was not started');
    return await openPage(this.#browser, url, { viewport: PHONE, ...options });
  }

  /** Signs in where that is asked for. */
  async signIn(account: string, password: string, page = this.page): Promise<void> {
    await page.getByLabel('Account').fill(account);
    await page.getByLabel('Password or token').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** An MQTT client, which is there until the last test is over. */
  async join(clientId: string, topics: readonly string[] = [], options: IClientOptions = {}): Promise<MqttClient> {
    const address = `mqtt://127.0.0.1:${this.gateway.ready.mqtt.port}`;
    const client = await connectAsync(address, { clientId, reconnectPeriod: 0, ...options });
    // A gateway that is killed, or that disconnects a client, may reset its connection.
    client.on('error', () => {});
    this.#clients.push(client);
    if (topics.length > 0) await client.subscribeAsync([...topics]);
    return client;
  }
}
