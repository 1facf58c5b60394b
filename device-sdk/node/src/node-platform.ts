import { findGateways } from './node-discovery.ts';
import { download } from './node-download.ts';
import { fetchTrusting } from './node-fetch.ts';
import { openFile } from './node-files.ts';
import { openFolder } from './node-folder.ts';
import { startGateway } from './node-gateway.ts';
import { NodeSocket } from './node-socket.ts';
import type { Platform } from './platform.ts';

/** What OpenSSL says of a certificate whose authority it does not know. */
const UNKNOWN_AUTHORITY = new Set([
  ...['SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_GET_ISSUER_CERT'],
]);
const UNTRUSTED = 'the authority of its certificate is not known here: give it as `ca`, or in NODE_EXTRA_CA_CERTS';

export const nodePlatform: Platform = {
  openSocket: (url, options) => new NodeSocket(url, options),
  fetchTrusting: (ca) => (ca === undefined ? (...asked) => fetch(...asked) : fetchTrusting(ca)),

  reasonOf(error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') return 'nothing listens there';
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such host';
    if (code !== undefined && UNKNOWN_AUTHORITY.has(code)) return UNTRUSTED;
    return message.replace(/\.$/, '') || code;
  },

  report(error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  },

  openFile,
  openFolder,
  download,
  findGateways,
  startGateway,
};
