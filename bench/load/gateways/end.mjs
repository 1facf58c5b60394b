import { Credit, openEnd } from './ends.mjs';

/** @import { EndOptions } from './ends.mjs' */

/**
 * One end of what is measured between gateways, in a process of its own: whoever sends, or whoever hears. The parent passes on how many were heard,
 * so that no more than a window is under way.
 */

/** How many messages are sent before others have their turn, and after how many the sender is told. */
const BATCH = 100;
const TELL = 500;

/** @type {EndOptions} */
const options = JSON.parse(process.argv[2]);
const { role, window, payloadBytes } = options;
let heard = 0;
let order = 0;
let disordered = 0;
const end = await openEnd(options, (bytes) => {
  // Only to find out whether anybody hears.
  if (bytes.length === 0) return;
  const number = bytes.readUInt32BE(0);
  if (number !== order) disordered++;
  order = number + 1;
  if (++heard % TELL === 0) process.send?.({ heard });
});
const credit = new Credit(window);
let isSending = false;

async function send() {
  for (let number = 0; isSending; ) {
    for (let each = 0; each < BATCH && credit.take(); each++) {
      const payload = Buffer.alloc(payloadBytes);
      payload.writeUInt32BE(number++, 0);
      await end.send(payload);
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (credit.isSpent) await credit.more();
  }
  process.send?.({ sent: credit.taken });
}

process.on('message', (/** @type {{ do?: string, heard?: number }} */ message) => {
  if (message.heard !== undefined) credit.heard(message.heard);
  if (message.do === 'begin') {
    isSending = true;
    void send();
  }
  if (message.do === 'end') {
    isSending = false;
    credit.heard(Number.MAX_SAFE_INTEGER);
  }
  if (message.do === 'count') process.send?.({ count: heard, disordered, cpuMs: cpuMs() });
  if (message.do === 'exit') void end.close().finally(() => process.exit(0));
});
process.send?.({ ready: role });

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
