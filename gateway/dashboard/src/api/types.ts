import type { ChannelsEvent, ClientsEvent, FlowsEvent, MessagesEvent, Overview, TraceEvent } from './generated.ts';

export type {
  Automation,
  Backups,
  Behaviour,
  Behaviours,
  Board,
  BoardItem,
  Boards,
  ChannelDetails,
  ChannelHistory,
  ChannelsEvent,
  ChannelView,
  Class,
  ClientDetails,
  ClientsEvent,
  ClientView,
  DeviceComponent,
  DeviceView,
  Diagnosis,
  DryRun,
  Finding,
  FlowsEvent,
  Graph,
  Guide,
  MadeOssKey,
  MessageView,
  OssKeys,
  Overview,
  SendAnswer,
  SentMessage,
  SerialPort,
  Shape,
  Tls,
  TracedMessage,
  TraceEvent,
  UploadEntry,
  Uploads,
} from './generated.ts';

/** What the live feed tells, by the name of each event. */
export interface FeedEvents {
  overview: Overview;
  clients: ClientsEvent;
  channels: ChannelsEvent;
  messages: MessagesEvent;
  trace: TraceEvent;
  flows: FlowsEvent;
}

/** An open listener, as the overview has it by its key; serial ports are there too, in a list. */
export interface Listener {
  port: number;
  /** `required`: only by TLS. */
  tls?: string;
}

/** Who looks at the page. */
export interface SignedIn {
  account: string | null;
  proof: string;
  mayOperate: boolean;
}
