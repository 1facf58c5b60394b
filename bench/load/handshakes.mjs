import { once } from 'node:events';
import { connect } from 'node:tls';
import { cpuMs } from './cpu.mjs';

/** @import { Jobs } from '../job-types.ts' */
/** @import { Handshakes, Target, TlsVersion } from '../types.ts' */

/** @typedef {import('node:tls').ConnectionOptions} Options */

/**
 * So many TLS handshakes, one after the other; those that are resumed with the session of one before.
 * @param {Jobs['handshakes']} job
 * @returns {Promise<Handshakes>}
 */
export async function runHandshakes({ to, count, isResumed, version, pid }) {
  const session = isResumed ? await firstSession(to, version) : undefined;
  const serverMs = cpuMs(pid);
  const begun = performance.now();
  for (let index = 0; index < count; index++) {
    const socket = await shake(to, version, session && { session });
    if (socket.isSessionReused() !== isResumed) throw new Error('a session was not resumed as it was meant to be');
    // Only what follows shows that the server has finished as well.
    socket.end();
    socket.resume();
    await once(socket, 'close');
  }
  const totalMs = performance.now() - begun;
  return { serverMs: (cpuMs(pid) - serverMs) / count, clientMs: totalMs / count };
}

/**
 * @param {Target} to
 * @param {TlsVersion} version
 * @param {Options} [more]
 */
async function shake({ host, port }, version, more = {}) {
  const options = { host, port, minVersion: version, maxVersion: version, rejectUnauthorized: false };
  const socket = connect({ ...options, ...more });
  await once(socket, 'secureConnect');
  return socket;
}

/**
 * @param {Target} to
 * @param {TlsVersion} version
 * @returns {Promise<Buffer>}
 */
async function firstSession(to, version) {
  const socket = await shake(to, version);
  const session = version === 'TLSv1.3' ? (await once(socket, 'session'))[0] : socket.getSession();
  socket.destroy();
  return session;
}
