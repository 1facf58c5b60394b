/** @typedef {import('./machine.mjs').Machine} Machine */
/** @typedef {import('./checks.mjs').Checks} Checks */
/** @typedef {import('./life.mjs').Service} Service */

/** By bash, as a Node under emulation takes half a minute to start. */
const HEALTH = `bash -c 'exec 3<> /dev/tcp/127.0.0.1/9898 && printf "GET /healthz HTTP/1.0\\r\\n\\r\\n" >&3 && cat <&3'`;

/** A gateway that systemd runs: apt has waited until it was ready. @type {Service} */
export const BY_SYSTEMD = {
  start: () => {},
  stop: () => {},
  isRunning: `systemctl is-active crosscomm && ${HEALTH}`,
  asking: (line) => line,
};

/**
 * A gateway on a machine without systemd, started as its unit would, as far as that goes.
 *
 * @param {Machine} machine
 * @returns {Service}
 */
export function byHand(machine) {
  const pid = '/run/crosscomm.pid';
  // Nobody asks how it ended, so it stays in /proc without a program.
  const stop = () =>
    void machine.run(
      `if [ -e ${pid} ]; then kill $(cat ${pid}); while [ -e /proc/$(cat ${pid})/exe ]; do sleep 0.1; done; fi`,
    );
  const call = '/usr/bin/node /usr/lib/crosscomm/gateway/bin/crosscomm.mjs start --json';
  const user = 'setpriv --reuid crosscomm --regid crosscomm --init-groups --';
  const run = `${user} ${call} --config /etc/crosscomm/crosscomm.yaml >> /root/gateway.log 2>&1 < /dev/null & echo $! > ${pid}`;
  const isRunning = `for i in $(seq 300); do ${HEALTH} 2> /dev/null && exit; sleep 0.5; done; cat /root/gateway.log; exit 1`;
  // A command gives a gateway some seconds to answer, which one that is emulated on a busy machine may not keep.
  const asking = (/** @type {string} */ line) => `for i in 1 2 3 4 5; do ${line} && exit; done; exit 1`;
  return { start: () => [stop(), machine.run(run)], stop, isRunning, asking };
}

/**
 * What systemd makes of the unit: that it knows when the gateway is ready, starts it again when it hangs, lets it use boards, and
 * does not try again what no restart mends. The package is installed when this begins, and when it ends.
 *
 * @param {Checks} checks
 * @param {Machine} machine
 */
export function supervised(checks, machine) {
  const line = checks.line.bind(checks, machine);
  const show = 'systemctl show crosscomm -P';
  line('systemd starts it at boot', 'systemctl is-enabled crosscomm', /^enabled$/m);
  line('systemd knows that it is ready', `${show} StatusText`, /^Ready at port 9898\.$/m);
  line('it runs as its user', 'stat -c %U /proc/$(systemctl show crosscomm -P MainPID)', /^crosscomm$/m);

  const override = '/run/systemd/system/crosscomm.service.d';
  const quick = `mkdir -p ${override} && printf '[Service]\\nWatchdogSec=3s\\nRestartSec=1s\\n' > ${override}/test.conf`;
  line(
    'it is watched',
    `${quick} && systemctl daemon-reload && systemctl restart crosscomm && sleep 7 && ${show} NRestarts`,
    /^0$/m,
  );
  const again = `for i in $(seq 100); do [ "$(${show} NRestarts)" = 1 ] && systemctl is-active -q crosscomm && break; sleep 0.3; done`;
  const hang = `kill -STOP $(${show} MainPID); ${again}; ${show} NRestarts; ${show} ActiveState`;
  line('systemd starts it again when it hangs', hang, /^1\nactive$/m);

  const boards = 'systemd-run --quiet --unit=boards crosscomm sim -n 1 --pty /run/boards';
  const mine = 'chgrp -L dialout /run/boards/* && chmod 660 $(readlink -f /run/boards/*)';
  line(
    'a board is plugged in',
    `${boards} && for i in $(seq 100); do ls /run/boards/* && break; sleep 0.1; done 2> /dev/null; ${mine}`,
  );
  const config = '/etc/crosscomm/crosscomm.yaml';
  const ports = 'serial: {ports: [{path: $(ls /run/boards/*)}]}';
  line(
    'the gateway is told of its port',
    `cp ${config} /root/before && echo "${ports}" >> ${config} && systemctl restart crosscomm`,
  );
  const status = `for i in $(seq 100); do crosscomm status --json | grep -q '"sim-' && break; sleep 0.3; done; crosscomm status --json`;
  line('it speaks with the board', status, /"sim-/);

  const broken = `systemctl stop boards; echo "mqqt: {}" >> ${config}; systemctl restart crosscomm; sleep 3; ${show} Result; ${show} NRestarts`;
  line('a wrong configuration is no reason to start again and again', broken, /^exit-code\n0$/m);
  line('the log says what is wrong with it', 'journalctl -u crosscomm', /mqqt is no key|mqqt/);
  line(
    'it is as it was',
    `cp /root/before ${config} && rm -r ${override} && systemctl daemon-reload && systemctl restart crosscomm`,
  );
}
