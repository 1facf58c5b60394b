import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import type { Hub } from '../hub/hub.ts';
import type { ProtocolDefinition } from '../protocols/contract.ts';
import type { Recorder } from '../transports/recording/recorder.ts';
import type { Taps } from '../transports/taps.ts';

export interface RecordingParts {
  definitions: readonly ProtocolDefinition[];
  taps: Taps;
  hub: Hub;
  clock: Clock;
  log: Log;
}

/** What records connections; made, and loaded, when somebody first wants to. */
export function recorderOf({ definitions, taps, hub, clock, log }: RecordingParts): () => Promise<Recorder> {
  let made: Promise<Recorder> | undefined;
  const make = async (): Promise<Recorder> => {
    const { Recorder } = await import('../transports/recording/recorder.ts');
    return await Recorder.load({
      taps,
      clock,
      peerOf: (client) => hub.session(client)?.peer,
      failed: (error) =>
        log.error(
          { code: 'INTERNAL', err: error },
          'A connection is not recorded any more because of a fault in the gateway.',
        ),
      protocols: definitions.flatMap(({ name, section, recording }) => {
        if (recording === undefined) return [];
        const { load, takesBinary = false } = recording;
        return [{ name, listener: section?.key ?? name, takesBinary, load }];
      }),
    });
  };
  return () => {
    made ??= make();
    return made;
  };
}
