import { writtenBytes } from '../disk-metrics.ts';
import { type Finding, shownBytes } from '../finding.ts';
import type { DiskRoom } from '../vitals.ts';

const DAY_S = 86_400;
const DAYS_A_YEAR = 365;
/** Before that, what the start has written would count as if it went on. */
const LEAST_UPTIME_S = 600;
/** So often in a year a cheap SD card should be written over at most. */
const MOST_TIMES_A_YEAR = 100;

/** How much the gateway writes to the disk in a day, which is what wears out an SD card; call it in the process of the gateway. */
export function diskWearFinding(disk: DiskRoom | null, uptimeS = process.uptime(), bytes = writtenBytes()): Finding {
  const code = 'disk_writes';
  if (Number.isNaN(bytes)) {
    const sentence = 'How much the gateway writes to the disk is not known, as the system does not say it.';
    return { code, level: 'unknown', values: {}, sentence, advice: 'Look at it with the tools of the system.' };
  }
  if (uptimeS < LEAST_UPTIME_S) {
    const sentence = `The gateway has written ${shownBytes(bytes)} to the disk so far; what it writes in a day is known after ten minutes.`;
    return { code, level: 'ok', values: { bytes }, sentence };
  }
  const perDay = Math.round((bytes / uptimeS) * DAY_S);
  const sentence = `The gateway writes about ${shownBytes(perDay)} a day to the disk.`;
  if (disk === null || perDay * DAYS_A_YEAR <= disk.totalBytes * MOST_TIMES_A_YEAR) {
    return { code, level: 'ok', values: { bytes, perDay }, sentence };
  }
  return {
    ...{ code, level: 'warning', values: { bytes, perDay } },
    sentence: `${sentence} An SD card of this size wears out in a few years or less.`,
    advice:
      'Use an SSD or a card made for cameras, or write less: fewer retained messages, and fewer MQTT sessions for which messages wait.',
  };
}
