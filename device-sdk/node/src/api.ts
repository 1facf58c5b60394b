/** What both entries of the package have in common. */
export type { TokenMemory } from '@crosscomm/protocol';
export { BeatClock, type BeatMark } from './beat-clock.ts';
export type { Delivery, ListedClient } from './conversation.ts';
export type { DescribedComponent, DeviceDescription } from './device-description.ts';
export { type Closing, CrossCommError, type CrossCommErrorCode, type CrossCommErrorDetails } from './error.ts';
export { JsonText } from './json-text.ts';
export { CommMsgType, type ContentType, type Message, type MessageFields } from './message.ts';
export type {
  CallHandler,
  ChannelHandler,
  ClientList,
  CrossCommOptions,
  ListenerFilter,
  MessageHandler,
  ObjectBlob,
  ObjectTransfer,
  PlainBlob,
  SendOptions,
  Status,
} from './options.ts';
export { Variable, type VariableOptions } from './variable.ts';
