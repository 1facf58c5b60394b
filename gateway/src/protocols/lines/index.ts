import type { ApprovedPort } from '../../transports/listeners.ts';
import type { SerialPortState } from '../../transports/serial/listener.ts';
import { defineProtocol, type GuideRow } from '../contract.ts';
import { DEFAULT_FRAME_OPTIONS } from '../frames/options.ts';
import { section } from './config.ts';

/** Boards on serial ports that print and read lines, and may say frames between them. Their clients' protocol is `serial`. */
export const lines = defineProtocol({
  name: 'serial',
  traits: {},
  section,
  guide: {
    label: 'Serial',
    ways: [],
    rows(ports, { autoDetect, approve, ports: named }): GuideRow[] {
      const there = ports as readonly SerialPortState[];
      const missing = named.filter(({ path }) => !there.some((port) => port.path === path));
      const rows = [
        ...there.map(({ id, path, state }): GuideRow => ['', path, `${id}, ${state}`]),
        ...missing.map(
          ({ name, path }): GuideRow => ['', path, `${name === undefined ? '' : `${name}, `}not plugged in`],
        ),
      ];
      if (autoDetect) {
        rows.push(['', 'every USB port', approve ? 'boards join once approved' : 'boards join when plugged in']);
      }
      const [first, ...others] = rows;
      if (!first) return [['Serial', 'off', 'see serial in the configuration']];
      return [['Serial', first[1], first[2]], ...others];
    },
    page: { title: 'Arduino by USB', text: 'Plug it in. It joins by itself; every line it prints is a message.' },
  },
  recording: { load: async () => (await import('./recording.ts')).recordedLines },
  async start(host) {
    const { openSerialListener } = await import('../../transports/serial/listener.ts');
    const { SerialDevices } = await import('./serial-devices.ts');
    const { Approvals } = await import('./approvals.ts');
    const { PortSettings } = await import('./port-settings.ts');
    const { setPort } = await import('./set-port.ts');
    const { values: config, turn, budget, database } = host;
    const approvals = config.approve ? await Approvals.load(database) : undefined;
    const settings = await PortSettings.load(database);
    const devices = new SerialDevices(host, {
      maxLineBytes: config.maxLineBytes,
      approvals,
      frames: {
        maxFrameBytes: DEFAULT_FRAME_OPTIONS.limits.maxFrame,
        connect: (wire) => host.frames.connect(wire),
      },
    });
    return {
      async opened() {
        const serial = await openSerialListener({
          ...{ config, context: host, turn, budget, connect: devices.connect },
          settingOf: (board) => settings.get(board),
        });
        host.onClose(() => serial.close());
        const approve = async (port: string): Promise<ApprovedPort | undefined> => {
          const found = await serial.boardAt(port);
          if (found === undefined) return undefined;
          await devices.approve(found.board);
          const { path, id } = found.state;
          return { path, id, board: found.board };
        };
        host.listeners.addPorts(section.key, () => serial.ports(), approvals && approve);
        host.listeners.addSerial({
          list: () => serial.portsInFull(),
          log: (id) => devices.log(id),
          lend: (port, prepare) => serial.lend(port, prepare),
          set: (port, wish) => setPort({ context: host, serial, settings }, port, wish),
        });
      },
    };
  },
});
