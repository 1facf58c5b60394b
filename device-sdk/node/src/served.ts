/** What a gateway serves as `/client.js`: the client for browsers, which connects to the gateway that it came from. */
import { browserPlatform } from './browser-platform.ts';
import type { CrossCommOptions } from './options.ts';
import { BaseService } from './service.ts';

export * from './api.ts';

/** A client in the conversation of a gateway: without `ip` and `port`, of the one that this module was loaded from. */
export class CrossCommService extends BaseService {
  constructor(options: CrossCommOptions = {}) {
    super(options.ip === undefined ? { ...originOf(import.meta.url), ...options } : options, browserPlatform);
  }
}

/** A client that is online already: a `CrossCommService` after its `login()`, which throws what that throws. */
export async function connect(options: CrossCommOptions = {}): Promise<CrossCommService> {
  const client = new CrossCommService(options);
  await client.login();
  return client;
}

function originOf(url: string): { ip: string; port: number; secure: boolean } {
  const { hostname, port, protocol } = new URL(url);
  const secure = protocol === 'https:';
  return { ip: hostname, port: port === '' ? (secure ? 443 : 80) : Number(port), secure };
}
