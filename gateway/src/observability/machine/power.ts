import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { counted, type Finding } from '../finding.ts';
import type { KernelLog } from './kernel-log.ts';

/** Where a Raspberry Pi says whether its voltage is too low now; everybody may read it. */
const SENSORS = '/sys/class/hwmon';
const PI_SENSOR = 'rpi_volt';

const UNDER_VOLTAGE = /under-?voltage detected/i;
const USB_ERROR = /\berror -\d+|unable to enumerate|not accepting address|over-?current/i;

/** How it stands with the voltage and with USB, by what the kernel has said and, of a Raspberry Pi, by its sensor. */
export async function electricFindings(log: KernelLog, sensors = SENSORS): Promise<Finding[]> {
  const isLow = await isVoltageLow(sensors);
  if ('lines' in log) return [powerFinding(isLow, log.lines), usbFinding(log.lines)];
  const power = isLow === undefined ? [] : [powerFinding(isLow, [])];
  return [...power, unread(log.why)];
}

function powerFinding(isLow: boolean | undefined, lines: readonly string[]): Finding {
  const code = 'power';
  const times = lines.filter((line) => UNDER_VOLTAGE.test(line)).length;
  const advice =
    'Use the power supply that belongs to this model, with a short, thick cable, and give boards that need much current a USB hub with a power supply of its own.';
  if (isLow === true) {
    const sentence =
      'The voltage is too low at this moment: the machine may slow down, lose USB devices or damage its SD card.';
    return { code, level: 'fault', values: { times }, sentence, advice };
  }
  if (times > 0) {
    const sentence = `The voltage was too low ${counted(times, 'time', 'times')} since the machine started: it may slow down, lose USB devices or damage its SD card.`;
    return { code, level: 'warning', values: { times }, sentence, advice };
  }
  return { code, level: 'ok', values: { times }, sentence: 'The kernel says nothing of too low a voltage.' };
}

function usbFinding(lines: readonly string[]): Finding {
  const code = 'usb';
  const errors = lines.filter((line) => /usb/i.test(line) && USB_ERROR.test(line));
  const values = { times: errors.length };
  const last = errors.at(-1);
  if (last === undefined)
    return { code, level: 'ok', values, sentence: 'The kernel says nothing of errors at USB devices.' };
  return {
    ...{ code, level: 'warning', values: { ...values, last } },
    sentence: `The kernel tells of ${counted(errors.length, 'error', 'errors')} at USB devices since the machine started, the last one: ${last.trim()}`,
    advice:
      'Try another cable, one that carries data, and another port; boards that need much current want a USB hub with a power supply of its own.',
  };
}

function unread(why: 'not permitted' | 'not there'): Finding {
  const reason =
    why === 'not permitted' ? 'this user may not read the log of the kernel' : 'there is no log of the kernel here';
  return {
    ...{ code: 'kernel_log', level: 'unknown', values: { reason } },
    sentence: `Whether the voltage was too low or USB had errors is not known: ${reason}.`,
    advice:
      'Look yourself with "sudo dmesg | grep -iE \'voltage|usb.*error\'", or add the user of the gateway to the group systemd-journal.',
  };
}

/** What a Raspberry Pi's sensor says; undefined where there is none. */
async function isVoltageLow(sensors: string): Promise<boolean | undefined> {
  try {
    for (const name of await readdir(sensors)) {
      const folder = join(sensors, name);
      if ((await readFile(join(folder, 'name'), 'utf8')).trim() !== PI_SENSOR) continue;
      return (await readFile(join(folder, 'in0_lcrit_alarm'), 'utf8')).trim() === '1';
    }
  } catch {
    // There are no sensors here, or not this one.
  }
  return undefined;
}
