import { Session } from 'node:inspector';

/** Preloaded into a measured server: collects the garbage, as far as can be, when it gets SIGUSR2. */
const session = new Session();
session.connect();
process.on('SIGUSR2', () => {
  session.post('HeapProfiler.collectGarbage');
});
