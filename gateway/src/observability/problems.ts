import { automationFindings, type StoppedAutomation } from './automation-findings.ts';
import { type BridgeLink, bridgeFindings } from './bridge-findings.ts';
import type { SharedId } from './contested-ids.ts';
import { counted, type Finding, isProblem, type Problem, shownBytes, worstFirst } from './finding.ts';
import type { DiskRoom } from './vitals.ts';

/** The link to other gateways. */
export interface ClusterLink {
  /** The name of this gateway among them, and how many others are there. */
  gateway: string;
  gateways: number;
  isNameTaken: boolean;
  server: string | null;
  /** Why there is no link; null while there is one. */
  fault: string | null;
  /** What must arrive there and waits, since when, and why the servers do not take it; null: nothing is kept. */
  kept: {
    waiting: number;
    waitingBytes: number;
    maxBytes: number;
    oldestMs: number | null;
    fault: string | null;
  } | null;
  /** What of retained messages is not told to them yet, what of theirs found no room, and why the servers do not share it; null: none is shared. */
  retained: { waiting: number; leftOut: number; fault: string | null } | null;
  /** How many scheduled messages wait here, of how many they do not know, and why the servers do not keep them; null: none is shared. */
  scheduled: { waiting: number; untold: number; fault: string | null } | null;
}

/** What problems are seen by. */
export interface ProblemFacts {
  isClockTrusted: boolean;
  disk: DiskRoom | null;
  sharedIds: readonly SharedId[];
  /** How it stands with uploads; undefined where there are none. */
  uploads?: { failed: number; waiting: number; fault: string | null } | undefined;
  /** The link to other gateways; undefined where there should be none. */
  cluster?: ClusterLink | undefined;
  /** Bridges to other brokers. */
  bridges?: readonly BridgeLink[] | undefined;
  /** Automations that are stopped. */
  automations?: readonly StoppedAutomation[] | undefined;
  /** What waits for slow readers, and what may. */
  queues: { bytes: number; limitBytes: number };
  loopDelayMs: number;
  /** Why the state cannot be written to the disk now; undefined while it can. */
  storeFault?: string | undefined;
  /** How long certificates for TLS are good; none where that is not known here. */
  certificates?: readonly Finding[] | undefined;
  /** Daily backups, where there should be some: why the last could not be made. */
  backups?: { fault: string | undefined } | undefined;
}

const MIB = 1024 * 1024;
/** A disk is nearly full with less than this, or less than this part of it. */
const LOW_DISK_BYTES = 256 * MIB;
const LOW_DISK_PART = 0.03;
/** So much too late is felt by people. */
const LATE_MS = 200;
/** A store with more than this part of what it may hold is nearly full. */
const NEARLY_FULL = 0.9;

/** All that is wrong just now, the worst first. The sentences are the same wherever they are shown. */
export function problemsOf(facts: ProblemFacts): Problem[] {
  return worstFirst(findingsOf(facts)).filter(isProblem);
}

/** What the gateway knows of itself without looking further, also that all is well. */
export function findingsOf(facts: ProblemFacts): Finding[] {
  return [
    storeFinding(facts),
    diskFinding(facts),
    ...sharedIdFindings(facts),
    ...uploadFindings(facts),
    ...clusterFindings(facts),
    ...bridgeFindings(facts.bridges ?? []),
    ...automationFindings(facts.automations ?? []),
    ...backupFindings(facts),
    ...(facts.certificates ?? []),
    queueFinding(facts),
    loadFinding(facts),
    clockFinding(facts),
  ];
}

function storeFinding({ storeFault }: ProblemFacts): Finding {
  const code = 'state';
  if (storeFault === undefined) {
    return { code, level: 'ok', values: {}, sentence: 'What must survive a restart can be written to the disk.' };
  }
  const reason = storeFault.replace(/\.$/, '');
  return {
    ...{ code, level: 'fault', values: { reason } },
    sentence: `What must survive a restart cannot be written to the disk: ${reason}.`,
    advice: 'Make room on the disk, or look whether it is damaged or was mounted for reading only.',
  };
}

function diskFinding({ disk }: ProblemFacts): Finding {
  const code = 'disk';
  if (disk === null) {
    const sentence = 'How much room the disk has could not be found out.';
    return { code, level: 'unknown', values: {}, sentence, advice: 'Look at it with "df -h".' };
  }
  const { freeBytes, totalBytes } = disk;
  const values = { freeBytes, totalBytes };
  const room = `${shownBytes(freeBytes)} of ${shownBytes(totalBytes)} are free`;
  if (freeBytes >= Math.min(LOW_DISK_BYTES, totalBytes * LOW_DISK_PART)) {
    return { code, level: 'ok', values, sentence: `The disk has room: ${room}.` };
  }
  return {
    ...{ code, level: 'warning', values, sentence: `The disk is nearly full: ${room}.` },
    advice:
      'Remove files that nobody needs; files that clients sent can be limited with objects.maxBytes and objects.maxAgeMs.',
  };
}

function sharedIdFindings({ sharedIds }: ProblemFacts): Finding[] {
  const code = 'ids_shared';
  if (sharedIds.length === 0) {
    return [{ code, level: 'ok', values: {}, sentence: 'No two clients take an id from each other.' }];
  }
  return sharedIds.map(({ id, protocol, times }) => ({
    ...{ code, level: 'warning', subject: id, values: { id, protocol, times } },
    sentence: `Several clients have the id ${id} (${protocol}) and take it from each other, ${times} times so far.`,
    advice:
      "Give each its own id, such as one made from the board's MAC address, or end the programs that were left running.",
  }));
}

function uploadFindings({ uploads }: ProblemFacts): Finding[] {
  if (uploads === undefined) return [];
  const { fault, waiting, failed } = uploads;
  const reason = fault?.replace(/\.$/, '') ?? '';
  return [
    fault === null
      ? { code: 'uploads_stuck', level: 'ok', values: {}, sentence: 'The object store can be used.' }
      : {
          ...{ code: 'uploads_stuck', level: 'fault', values: { reason, waiting } },
          sentence: `The object store cannot be used: ${reason}. ${counted(waiting, 'upload waits', 'uploads wait')}.`,
          advice: 'Nothing is lost: what was accepted is kept, and goes on by itself once the store can be used again.',
        },
    failed === 0
      ? { code: 'uploads_failed', level: 'ok', values: {}, sentence: 'No upload has failed.' }
      : {
          ...{ code: 'uploads_failed', level: 'warning', values: { failed } },
          sentence: `${counted(failed, 'upload has', 'uploads have')} failed.`,
          advice: 'crosscomm uploads list shows why; try them again with crosscomm uploads retry, or drop them.',
        },
  ];
}

function clusterFindings({ cluster }: ProblemFacts): Finding[] {
  if (cluster === undefined) return [];
  const { gateway, gateways, isNameTaken, fault } = cluster;
  const server = cluster.server ?? '';
  const others = counted(gateways, 'other gateway is', 'other gateways are');
  const link: Finding =
    fault === null
      ? {
          ...{ code: 'cluster', level: 'ok', values: { server, gateways } },
          sentence: `This gateway is connected to the others by ${server}; ${others} there.`,
        }
      : {
          ...{ code: 'cluster', level: 'warning', values: { reason: fault } },
          sentence: `This gateway is not connected to the others: ${fault}.`,
          advice:
            'It goes on alone, and tries again and again. Look whether the NATS servers run and whether cluster.servers is right.',
        };
  const found = [link, ...keptFindings(cluster), ...retainedFindings(cluster), ...scheduledFindings(cluster)];
  if (!isNameTaken) return found;
  return [
    ...found,
    {
      ...{ code: 'cluster_name', level: 'fault', values: { gateway } },
      sentence: `Another gateway in the cluster is called ${gateway}, too.`,
      advice: 'Give one of the two another name (cluster.gateway), and restart it.',
    },
  ];
}

function keptFindings({ kept }: ClusterLink): Finding[] {
  if (kept === null) return [];
  const { waiting, waitingBytes, maxBytes, oldestMs, fault } = kept;
  const code = 'cluster_kept';
  const since = oldestMs === null ? '' : new Date(oldestMs).toISOString().slice(0, 16).replace('T', ' ');
  const messages = counted(waiting, 'message waits', 'messages wait');
  if (fault !== null) {
    return [
      {
        ...{ code, level: 'warning', values: { reason: fault, waiting } },
        sentence: `What is published with QoS 1 and 2 does not get to the other gateways: ${fault}. ${messages} here.`,
        advice:
          'Look whether JetStream is enabled on the NATS servers, and whether this gateway may use the stream there. QoS 0 goes on.',
      },
    ];
  }
  if (waitingBytes > NEARLY_FULL * maxBytes) {
    return [
      {
        ...{ code: 'cluster_room', level: 'warning', values: { waiting, since } },
        sentence: `There is hardly any room left for the other gateways: ${messages} since ${since} UTC.`,
        advice: 'Mend the link to the NATS servers, or raise cluster.maxWaitingBytes.',
      },
    ];
  }
  if (waiting === 0)
    return [{ code, level: 'ok', values: { waiting, since }, sentence: 'Nothing waits for the other gateways.' }];
  const sentence = `${messages} for the other gateways, the oldest since ${since} UTC.`;
  return [{ code, level: 'ok', values: { waiting, since }, sentence }];
}

function retainedFindings({ retained }: ClusterLink): Finding[] {
  if (retained === null) return [];
  const { waiting, leftOut, fault } = retained;
  const code = 'cluster_retained';
  if (fault !== null) {
    return [
      {
        ...{ code, level: 'warning', values: { reason: fault, waiting } },
        sentence: `Retained messages are not shared with the other gateways: ${fault}. ${counted(waiting, 'waits', 'wait')} here.`,
        advice:
          'Look whether JetStream is enabled on the NATS servers, and whether this gateway may use the bucket there.',
      },
    ];
  }
  if (leftOut > 0) {
    return [
      {
        ...{ code: 'cluster_retained_room', level: 'warning', values: { leftOut } },
        sentence: `There is no room here for ${counted(leftOut, 'retained message', 'retained messages')} of other gateways.`,
        advice:
          'Raise limits.maxRetained and limits.maxRetainedBytes, to the same at all gateways, or remove what nobody needs.',
      },
    ];
  }
  const sentence =
    waiting === 0
      ? 'What is retained is the same at all gateways, as far as is known.'
      : `${counted(waiting, 'retained message', 'retained messages')} set or removed here, of which the other gateways do not know yet.`;
  return [{ code, level: 'ok', values: { waiting }, sentence }];
}

function scheduledFindings({ scheduled }: ClusterLink): Finding[] {
  if (scheduled === null) return [];
  const { waiting, untold, fault } = scheduled;
  const code = 'cluster_scheduled';
  if (fault !== null) {
    return [
      {
        ...{ code, level: 'warning', values: { reason: fault, untold } },
        sentence: `Scheduled messages are not known to the other gateways: ${fault}. They are sent from here alone.`,
        advice:
          'Look whether JetStream is enabled on the NATS servers, and whether this gateway may use the bucket there.',
      },
    ];
  }
  const sentence = `${counted(waiting, 'scheduled message waits', 'scheduled messages wait')} here; the other gateways do not know yet of ${untold}.`;
  return [{ code, level: 'ok', values: { waiting, untold }, sentence }];
}

function backupFindings({ backups }: ProblemFacts): Finding[] {
  if (backups === undefined) return [];
  const code = 'backup';
  const { fault } = backups;
  if (fault === undefined) {
    return [{ code, level: 'ok', values: {}, sentence: 'Nothing keeps the backups of each day from being made.' }];
  }
  return [
    {
      ...{ code, level: 'warning', values: { reason: fault } },
      sentence: `The backup of the day could not be made: ${fault}.`,
      advice: 'Mend that; it is tried again every hour. Until then, "crosscomm backup FILE" can write one elsewhere.',
    },
  ];
}

function queueFinding({ queues: { bytes, limitBytes } }: ProblemFacts): Finding {
  const code = 'queues_full';
  const values = { bytes, limitBytes };
  if (limitBytes === 0 || bytes * 2 < limitBytes) {
    return { code, level: 'ok', values, sentence: `${shownBytes(bytes)} wait for clients that read slowly.` };
  }
  return {
    ...{ code, level: 'warning', values },
    sentence: `${shownBytes(bytes)} wait for clients that read too slowly; each may only queue little now.`,
    advice: 'Look which clients have the most waiting, and have them read faster, subscribe to less, or be ended.',
  };
}

function loadFinding({ loopDelayMs }: ProblemFacts): Finding {
  const code = 'overloaded';
  const values = { delayMs: loopDelayMs };
  if (loopDelayMs < LATE_MS) return { code, level: 'ok', values, sentence: 'The gateway keeps up with its work.' };
  return {
    ...{ code, level: 'warning', values, sentence: `The gateway is behind with its work: ${loopDelayMs} ms.` },
    advice: 'The machine has too much to do. See which clients send the most, and what else runs on it.',
  };
}

function clockFinding({ isClockTrusted }: ProblemFacts): Finding {
  const code = 'clock';
  if (isClockTrusted) return { code, level: 'ok', values: {}, sentence: 'Nothing says that the clock is wrong.' };
  return {
    ...{ code, level: 'warning', values: {}, sentence: 'The clock of this machine is not known to be right yet.' },
    advice:
      'Connect it to a network with a time server, or set the clock by hand; until then, messages for a certain time wait.',
  };
}
