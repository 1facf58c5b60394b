/**
 * A client of a CrossComm gateway, or of pywayne's server, for Node. See README.md.
 *
 * @module @crosscomm/client
 */
import { nodePlatform } from './node-platform.ts';
import type { CrossCommOptions } from './options.ts';
import { BaseService } from './service.ts';

export * from './api.ts';
export type { FindOptions, FoundGateway } from './found-gateway.ts';
export { findGateways } from './node-discovery.ts';
export { tokenFile } from './token-file.ts';
export { refusalIn, UpgradeRefusal } from './upgrade-refusal.ts';

/** A client in the conversation of a gateway; with `role: 'server'` the gateway itself. */
export class CrossCommService extends BaseService {
  constructor(options: CrossCommOptions = {}) {
    super(options, nodePlatform);
  }
}

/** A client that is online already: a `CrossCommService` after its `login()`, which throws what that throws. */
export async function connect(options: CrossCommOptions = {}): Promise<CrossCommService> {
  const client = new CrossCommService(options);
  await client.login();
  return client;
}
