/** What both entries of the package have in common. */
export type { Delivery, ListedClient } from './conversation.ts';
export { CrossCommError, type CrossCommErrorCode } from './error.ts';
export { CommMsgType, type ContentType, type Message } from './message.ts';
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
