#!/bin/sh
# @homebridge/ciao 1.3.12 (Node): a machine that announces a second service is taken for another machine of the same host name.
#
# In DNS-SD the services of a machine share its host name: avahi announces a printer and a web server of `pi` both at pi.local. ciao takes
# any service that it announces itself already as a claim to the host name, so the second service gets another instance name and
# another host, which is nobody's:
#
#   _mqtt._tcp: announced "shop" at pi.local
#   _http._tcp: renamed to "shop (2)" at pi-(2).local
#
# So a program with several services needs a made-up host name for each, or another library. Nothing in its documentation of `hostname` says
# so.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error @homebridge/ciao@1.3.12 >/dev/null
cat >try.cjs <<'END'
const { getResponder } = require('@homebridge/ciao');
// Of this machine only.
const responder = getResponder({ interface: ['lo'] });
(async () => {
  for (const [type, port] of [['mqtt', 1883], ['http', 80]]) {
    let told = 'announced "shop" at pi.local';
    const service = responder.createService({ name: 'shop', type, port, hostname: 'pi' });
    let name = 'shop';
    service.on('name-change', (other) => (name = other));
    service.on('hostname-change', (other) => (told = `renamed to "${name}" at ${other}.local`));
    await service.advertise();
    console.log(`_${type}._tcp: ${told}`);
  }
  await responder.shutdown();
  process.exit();
})();
END
node try.cjs | tee seen
grep -qx '_mqtt._tcp: announced "shop" at pi.local' seen
grep -qx '_http._tcp: renamed to "shop (2)" at pi-(2).local' seen
