import type { Asking } from './asking.ts';
import type { ChannelTable } from './channels.ts';
import type { ClientTable } from './clients.ts';
import type { HubOptions } from './contract.ts';
import type { Counting } from './counting.ts';
import type { Directory } from './directory.ts';
import type { Egresses } from './egresses.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { HubEmitter } from './events.ts';
import type { History } from './history/history.ts';
import type { RetainedTable } from './retained.ts';
import type { Retention } from './retention.ts';
import type { Tracing } from './tracing.ts';

/** What joining, subscribing and sending share. Each fact is in one of these, and nowhere else. */
export interface HubParts {
  readonly options: HubOptions;
  readonly events: HubEmitter;
  readonly counting: Counting;
  readonly clients: ClientTable;
  readonly channels: ChannelTable;
  readonly retained: RetainedTable;
  readonly retention: Retention;
  readonly egresses: Egresses;
  readonly elsewhere: Elsewhere;
  readonly directory: Directory;
  readonly asking: Asking;
  readonly tracing: Tracing;
  readonly history: History;
}
