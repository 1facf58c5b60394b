/** @typedef {import('./machine.mjs').Machine} Machine */
/** @typedef {import('./checks.mjs').Checks} Checks */
/** @typedef {{ deb: string, newer: string }} Files a package as it is, and as one that is newer for dpkg */

const INSTALL = 'apt-get -q -y --no-install-recommends --allow-downgrades install';
/** A red PNG, two by two. */
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEElEQVQI12P4z8AARAwQCgAf7gP9QDZ6TgAAAABJRU5ErkJggg==';

/**
 * How the gateway runs on a machine.
 * @typedef {{ start: () => void, stop: () => void, isRunning: string, asking: (line: string) => string }} Service where systemd does not start and
 *   stop it, these do; a line of the shell that waits until it answers; and one that asks it, made as patient as it is slow
 */

/**
 * The life of an installation: installed, used, upgraded, set back, removed, purged.
 *
 * @param {Checks} checks
 * @param {Machine} machine
 * @param {Files} files
 * @param {Service} service
 * @param {(checks: Checks, machine: Machine) => void} [more] what else is to be looked at while it is installed
 */
export function live(checks, machine, { deb, newer }, { start, stop, isRunning, asking }, more = () => {}) {
  machine.put(deb, '/root/crosscomm.deb');
  machine.put(newer, '/root/newer.deb');
  const line = checks.line.bind(checks, machine);
  line('apt installs it with what it depends on', `${INSTALL} /root/crosscomm.deb`);
  line('its user has a group of its own, and dialout', 'id -Gn crosscomm', /^crosscomm dialout$/m);
  line('the data folder is its own', 'stat -c "%U %G %a" /var/lib/crosscomm', /^crosscomm crosscomm 750$/m);
  line('the configuration is valid', 'crosscomm config check', /^ok .*\/etc\/crosscomm\/crosscomm\.yaml/m);
  start();
  line('the gateway answers', isRunning, /"status":"ok"/);

  use(line, asking);
  more(checks, machine);
  machine.run('echo "# A line of the administrator." >> /etc/crosscomm/crosscomm.yaml');
  line('a newer package replaces it', `${INSTALL} /root/newer.deb`);
  start();
  line('the newer gateway answers', isRunning, /"status":"ok"/);
  line('the configuration is as it was', 'cat /etc/crosscomm/crosscomm.yaml', /A line of the administrator/);
  line('the accounts are as they were', asking('crosscomm account list'), /anna/);
  line('the older package replaces the newer', `${INSTALL} /root/crosscomm.deb`);
  start();
  line('the older gateway answers', isRunning, /"status":"ok"/);
  line('the accounts are still as they were', asking('crosscomm account list'), /anna/);
  stop();
  leave(line);
}

/**
 * @param {(sentence: string, line: string, expected?: RegExp, options?: { input?: string }) => void} line
 * @param {Service['asking']} asking
 */
function use(line, asking) {
  const setup = 'crosscomm setup --admin anna --password-stdin --tls none';
  line('root adds an administrator', setup, /Added the account anna/, { input: 'a long password of hers\n' });
  line('nothing in the data folder is root’s', 'test -z "$(find /var/lib/crosscomm ! -user crosscomm)"');
  line('a message is sent', asking(`crosscomm send lights '{"on": true}'`));
  line('its native database works', 'ls /var/lib/crosscomm/state/*.log');
  const url = 'http://127.0.0.1:9898/objects/red.png';
  const script = `const body = Buffer.from('${PICTURE}', 'base64');
    const put = await fetch('${url}?from=cam&to=desk&kind=image', {method: 'PUT', body});
    const {key} = await put.json();
    const got = await fetch('http://127.0.0.1:9898/objects/' + key + '?width=2&height=2&format=rgb565');
    console.log(put.status, got.status, (await got.arrayBuffer()).byteLength)`;
  line('its native library makes pictures smaller', `node --input-type=module -e "${script}"`, /^20\d 200 8$/m);
  line('its native library lists serial ports', 'crosscomm serial list --json');
}

/** @param {(sentence: string, line: string, expected?: RegExp) => void} line */
function leave(line) {
  line('it is removed', 'apt-get -q -y remove crosscomm');
  line('the program is gone', 'test ! -e /usr/lib/crosscomm && test ! -e /usr/bin/crosscomm');
  line('data and configuration are kept', 'ls /var/lib/crosscomm/accounts.json /etc/crosscomm/crosscomm.yaml');
  line('it is installed again', `${INSTALL} /root/crosscomm.deb`);
  line('it still has its accounts', 'crosscomm account list', /anna/);
  const keep = 'echo "crosscomm crosscomm/purge-data boolean false" | debconf-set-selections';
  const purge = 'apt-get -q -y purge crosscomm';
  line('purging keeps the data if told so', `${keep} && ${purge} && ls /var/lib/crosscomm/accounts.json`);
  line('it is installed once more', `${INSTALL} /root/crosscomm.deb`);
  const places = ['/var/lib', '/var/backups', '/var/cache', '/etc', '/usr/lib'].map((folder) => `${folder}/crosscomm`);
  line(
    'purging removes all else',
    `${purge} && ! ls -d ${places.join(' ')} 2> /dev/null && ! id crosscomm 2> /dev/null`,
  );
}
