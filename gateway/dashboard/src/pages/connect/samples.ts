/** What samples are written for. */
export interface SamplePlace {
  /** The name or address of the gateway, as this page reaches it. */
  host: string;
  /** The same with scheme and port: `https://192.168.1.10:9898`. */
  origin: string;
  mqttPort: number | undefined;
  oocsiPort: number | undefined;
  /** Who copies them, where the gateway knows clients by accounts. `TOKEN` stands for what only that person has. */
  account: string | undefined;
}

/** Lines to copy, by what they are for. What the gateway does not listen for is left out. */
export interface Samples {
  mqtt: readonly string[] | undefined;
  http: readonly string[];
  python: readonly string[] | undefined;
  page: readonly string[];
}

/** Lines that work at this gateway, once `TOKEN` is replaced where it stands. */
export function samplesFor({ host, origin, mqttPort, oocsiPort, account }: SamplePlace): Samples {
  const asUser = account === undefined ? '' : ` -u ${shown(account)} -P TOKEN`;
  const curl = account === undefined ? 'curl' : `curl -u ${shown(`${account}:TOKEN`)}`;
  const handle = account === undefined ? 'first-####' : `${account}/first-####:TOKEN`;
  return {
    mqtt:
      mqttPort === undefined
        ? undefined
        : [
            `mosquitto_sub -h ${host} -p ${mqttPort}${asUser} -t '#' -v`,
            `mosquitto_pub -h ${host} -p ${mqttPort}${asUser} -t lamp -m '{"led": 1}'`,
          ],
    http: [`${curl} -d '{"sender": "shell", "led": 1}' ${origin}/send/lamp`, `${curl} -N ${origin}/subscribe/lamp`],
    python:
      oocsiPort === undefined
        ? undefined
        : [
            'pip install oocsi',
            [
              'from oocsi import OOCSI',
              '',
              `oocsi = OOCSI(${JSON.stringify(handle)}, "${host}"${oocsiPort === 4444 ? '' : `, ${oocsiPort}`})`,
              'oocsi.subscribe("lamp", lambda sender, channel, data: print(sender, data))',
              'oocsi.send("lamp", {"led": 1})',
            ].join('\n'),
          ],
    page: [`npm install ${origin}/crosscomm-client.tgz`],
  };
}

/** A word as a shell takes it. */
function shown(word: string): string {
  return /^[\w.:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
