import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * Two machines in one network, 10.77.0.1 and 10.77.0.2, each with a host name and a folder /run of its own; what `command` of one stands before runs
 * there. Needs no rights.
 */
export class TwoMachines {
  readonly pi: readonly string[];
  readonly desk: readonly string[];
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess, pids: readonly number[]) {
    this.#holder = holder;
    const [pi, desk] = pids.map((pid) => [
      ...['nsenter', '-U', '-m', '-n', '-u', '--preserve-credentials', '-t', String(pid)],
    ]);
    this.pi = pi ?? [];
    this.desk = desk ?? [];
  }

  static async start(): Promise<TwoMachines> {
    const holder = spawn('unshare', ['-r', '-m', '-n', '-u', 'sh', '-ec', SCRIPT], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: holder.stdout });
    const failed = once(holder, 'exit').then(() =>
      Promise.reject(new Error('network namespaces are not to be had here')),
    );
    const [line] = (await Promise.race([once(lines, 'line'), failed])) as [string];
    failed.catch(() => {});
    return new TwoMachines(holder, line.split(' ').map(Number));
  }

  /** Ends them, with all that runs there. */
  async dispose(): Promise<void> {
    this.#holder.stdin?.end();
    await once(this.#holder, 'exit');
  }
}

/** A system bus on which everybody may do everything; the one of the system becomes another user, which is not known here. */
const BUS = [
  '<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>',
  '<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/><allow user="*"/>',
  '</policy></busconfig>',
].join('');

/** `/run` is where a machine's programs find each other, the system bus and avahi among them. Nobody but root is known here, so avahi has to be that. */
const RUN = `mount -t tmpfs tmpfs /run
mkdir -p /run/dbus /run/avahi-daemon
for file in passwd group; do
  sed "s/^avahi:x:[0-9]*:[0-9]*/avahi:x:0:0/; s/^avahi:x:[0-9]*:$/avahi:x:0:/" /etc/$file > /run/$file
  mount --bind /run/$file /etc/$file
done
cat > /run/bus.conf << EOF
${BUS}
EOF
ip link set lo up`;

/** Starts avahi, as it runs on Raspberry Pi OS. */
export const START_AVAHI = [
  'dbus-daemon --config-file=/run/bus.conf --fork --nopidfile',
  'avahi-daemon --no-drop-root --no-chroot --no-rlimits --daemonize',
].join(' && ');
const SCRIPT = `
${RUN}
hostname pi-of-anna
unshare -m -n -u sh -ec '${RUN}; hostname desk-of-ben; echo ready; exec sleep infinity' > /run/desk &
desk=$!
trap 'kill $desk' EXIT
while ! grep -q ready /run/desk; do sleep 0.01; done
ip link add lan0 type veth peer name lan0 netns $desk
ip address add 10.77.0.1/24 dev lan0
ip link set lan0 up
ip route add default dev lan0
nsenter -n -t $desk sh -ec 'ip address add 10.77.0.2/24 dev lan0; ip link set lan0 up; ip route add default dev lan0'
echo $$ $desk
read end || true
`;
