import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { expect, it } from 'vitest';
import { diskSpeedFinding } from '../../../src/observability/machine/disk-speed.ts';
import { diskWearFinding } from '../../../src/observability/machine/disk-wear.ts';
import { electricFindings } from '../../../src/observability/machine/power.ts';
import { serialAccessFindings } from '../../../src/observability/machine/serial-access.ts';

const GIB = 2 ** 30;
const NOWHERE = '/nowhere';

/** Lines as Raspberry Pis and desks with old cables have them. */
const KERNEL = {
  older: 'Under-voltage detected! (0x00050005)',
  newer: 'hwmon hwmon1: Undervoltage detected!',
  normal: 'hwmon hwmon1: Voltage normalised',
  read: 'usb 1-1.3: device descriptor read/64, error -71',
  port: 'usb usb1-port2: unable to enumerate USB device',
  found: 'usb 1-1.2: new full-speed USB device number 5 using dwc_otg',
  network: 'r8152 eth0: error -5 while reading',
};

const levels = async (...lines: string[]): Promise<Record<string, string>> =>
  Object.fromEntries((await electricFindings({ lines }, NOWHERE)).map(({ code, level }) => [code, level]));

it('sees in the log of the kernel that the voltage was too low, by its older and newer words', async () => {
  expect(await levels(KERNEL.found, KERNEL.normal)).toEqual({ power: 'ok', usb: 'ok' });
  expect(await levels(KERNEL.older)).toEqual({ power: 'warning', usb: 'ok' });
  const [power] = await electricFindings({ lines: [KERNEL.newer, KERNEL.normal, KERNEL.newer] }, NOWHERE);
  expect(power).toMatchObject({ level: 'warning', values: { times: 2 }, sentence: expect.stringContaining('2 times') });
});

it('sees errors of USB devices, and takes no others for them', async () => {
  expect(await levels(KERNEL.network)).toEqual({ power: 'ok', usb: 'ok' });
  const [, usb] = await electricFindings({ lines: [KERNEL.read, KERNEL.port, KERNEL.found] }, NOWHERE);
  expect(usb).toMatchObject({ level: 'warning', values: { times: 2, last: KERNEL.port } });
});

it('says that it is not known where the log may not be read, and asks the sensor of a Raspberry Pi still', async () => {
  const sensors = await temporaryFolder();
  const closed = { why: 'not permitted' } as const;
  expect(await electricFindings(closed, sensors)).toMatchObject([{ code: 'kernel_log', level: 'unknown' }]);
  await mkdir(join(sensors, 'hwmon1'));
  await writeFile(join(sensors, 'hwmon1', 'name'), 'rpi_volt\n');
  await writeFile(join(sensors, 'hwmon1', 'in0_lcrit_alarm'), '1\n');
  expect(await electricFindings(closed, sensors)).toMatchObject([
    { code: 'power', level: 'fault' },
    { code: 'kernel_log', level: 'unknown' },
  ]);
});

it('measures the disk, and leaves nothing there', async () => {
  const folder = await temporaryFolder();
  const { values } = await diskSpeedFinding(folder);
  expect(values.bytesPerS).toBeGreaterThan(0);
  expect(values.syncMs).toBeGreaterThanOrEqual(0);
  expect(await readdir(folder)).toEqual([]);
  expect(await diskSpeedFinding(join(folder, 'gone'))).toMatchObject({ code: 'disk_speed', level: 'fault' });
});

it('says what is written in a day once that can be told, and when a card wears out by it', () => {
  const disk = { freeBytes: GIB, totalBytes: 8 * GIB };
  expect(diskWearFinding(disk, 60, GIB)).toMatchObject({ level: 'ok', values: { bytes: GIB } });
  expect(diskWearFinding(disk, 86_400, GIB)).toMatchObject({ level: 'ok', values: { perDay: GIB } });
  expect(diskWearFinding(disk, 86_400, 3 * GIB)).toMatchObject({ level: 'warning', values: { perDay: 3 * GIB } });
  expect(diskWearFinding(disk, 86_400, Number.NaN)).toMatchObject({ level: 'unknown' });
});

it('says of each serial port whether it may be used', async () => {
  const folder = await temporaryFolder();
  const port = join(folder, 'ttyUSB0');
  await writeFile(port, '');
  expect(await serialAccessFindings([port, `${port}1`])).toMatchObject([
    { level: 'ok', subject: port },
    { level: 'warning', subject: `${port}1` },
  ]);
  expect(await serialAccessFindings([])).toHaveLength(1);
});
