#!/bin/sh
# mqtt.js 5.16.0: reconnect() forgets the stores that connect() was given, and with them messages of QoS 2 that were acknowledged.
#
# A message of QoS 2 is handed to the program when its sender releases it (PUBREL). Until then it waits in incomingStore, which may be a store
# on disk, so that it outlives the connection. The README says of client.reconnect(): "Connect again using the same options as connect()". But
# without an argument it takes new, empty stores in the place of those. What the client has confirmed (PUBREC) before its connection was lost is
# never handed to the program, though it completes the handshake, so that the broker sends it no more:
#
#   comes back by itself: message handed over, PUBCOMP
#   reconnect(): nothing handed over, PUBCOMP
#   reconnect({ incomingStore, outgoingStore }): message handed over, PUBCOMP
#
# The same befalls what the client itself published and the broker has not acknowledged. So reconnect is given the stores again.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error mqtt@5.16.0 >/dev/null
cat >try.cjs <<'END'
const net = require('net');
const mqtt = require('mqtt');

const PUBLISH = Buffer.from([0x34, 7, 0, 1, 0x74, 0, 1, 0x6f, 0x6e]);
const PUBREL = Buffer.from([0x62, 2, 0, 1]);
const PUBREC_TYPE = 5;
const PUBCOMP_TYPE = 7;

/** A broker of one session: sends a message of QoS 2, loses the connection when it is confirmed, and goes on when the client comes back. */
function attempt(name, reconnectPeriod, comeBack) {
  return new Promise((resolve) => {
    let connections = 0;
    let handedOver = 'nothing';
    const server = net.createServer((socket) => {
      const isBack = ++connections > 1;
      socket.on('error', () => {});
      socket.on('data', (data) => {
        const type = data[0] >> 4;
        if (type === 1) {
          socket.write(Buffer.from([0x20, 2, isBack ? 1 : 0, 0]));
          socket.write(isBack ? PUBREL : PUBLISH);
        } else if (type === PUBREC_TYPE) socket.destroy();
        else if (type === PUBCOMP_TYPE) {
          setImmediate(() => {
            console.log(`${name}: ${handedOver} handed over, PUBCOMP`);
            client.end(true);
            server.close(resolve);
          });
        }
      });
    });
    let client;
    server.listen(0, '127.0.0.1', () => {
      const stores = { incomingStore: new mqtt.Store({ clean: false }), outgoingStore: new mqtt.Store({ clean: false }) };
      const { port } = server.address();
      client = mqtt.connect({ host: '127.0.0.1', port, clientId: 'reader', clean: false, reconnectPeriod, ...stores });
      client.on('error', () => {});
      client.on('message', () => {
        handedOver = 'message';
      });
      client.once('close', () => comeBack(client, stores));
    });
  });
}

(async () => {
  await attempt('comes back by itself', 20, () => {});
  await attempt('reconnect()', 0, (client) => client.reconnect());
  await attempt('reconnect({ incomingStore, outgoingStore })', 0, (client, stores) => client.reconnect(stores));
})();
END
node try.cjs | tee seen
grep -qx 'comes back by itself: message handed over, PUBCOMP' seen
grep -qx 'reconnect(): nothing handed over, PUBCOMP' seen
grep -qx 'reconnect({ incomingStore, outgoingStore }): message handed over, PUBCOMP' seen
