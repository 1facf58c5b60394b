import { counted, type Finding, shownBytes } from './finding.ts';

/** A bridge to another broker. */
export interface BridgeLink {
  name: string;
  /** Where the broker is. */
  url: string;
  /** Why there is no connection; null while there is one. */
  fault: string | null;
  /** Somebody has to change something, here or there. */
  isRefused: boolean;
  waiting: { count: number; bytes: number; limitBytes: number };
}

/** So full is an outbox that somebody should look. */
const FULL_PART = 0.9;

/** What is well and what is not with bridges to other brokers. */
export function bridgeFindings(bridges: readonly BridgeLink[]): Finding[] {
  return bridges.flatMap((bridge) => [linkFinding(bridge), ...outboxFinding(bridge)]);
}

function linkFinding({ name, url, fault, isRefused, waiting }: BridgeLink): Finding {
  const code = 'bridge';
  if (fault === null) {
    return {
      ...{ code, level: 'ok', subject: name, values: { name, url } },
      sentence: `The bridge ${name} is connected to ${url}.`,
    };
  }
  const waits = `${counted(waiting.count, 'message waits', 'messages wait')} on disk`;
  const values = { name, url, reason: fault, count: waiting.count };
  const sentence = `The bridge ${name} is not connected to ${url}: ${fault}.`;
  if (isRefused) {
    const advice = `Look at this bridge in the configuration, and at what the other broker allows it; it tries again by itself. ${waits}.`;
    return { code, level: 'fault', subject: name, values, sentence, advice };
  }
  return {
    ...{ code, level: 'warning', subject: name, values, sentence },
    advice: `Look whether the other broker runs and can be reached; it tries again by itself. ${waits}, and will be sent.`,
  };
}

function outboxFinding({ name, waiting: { count, bytes, limitBytes } }: BridgeLink): Finding[] {
  if (bytes < limitBytes * FULL_PART) return [];
  return [
    {
      ...{ code: 'bridge_full', level: 'fault', subject: name, values: { name, count, bytes, limitBytes } },
      sentence: `The outbox of the bridge ${name} is full: ${shownBytes(bytes)} of ${shownBytes(limitBytes)}; what is sent to it now is refused.`,
      advice:
        'Have the other broker reached again, or let more wait with outboxBytes of this bridge. Where it is connected, more comes than it takes.',
    },
  ];
}
