/** @crosscomm/client: a client of a CrossComm gateway, or of pywayne's server, for browsers. See README.md. */
import { browserPlatform } from './browser-platform.ts';
import type { CrossCommOptions } from './options.ts';
import { BaseService } from './service.ts';

export * from './api.ts';

/** A client in the conversation of a gateway. */
export class CrossCommService extends BaseService {
  constructor(options: CrossCommOptions = {}) {
    super(options, browserPlatform);
  }
}
