/** What both entries of the package have in common. */
export type { TokenMemory } from '@crosscomm/protocol';
export { Beat } from './beat.ts';
export { BeatClock, type BeatMark } from './beat-clock.ts';
export { Behaviour, type RoomClient } from './behaviour.ts';
export { Consensus } from './consensus.ts';
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
export type { ValueFields } from './own-value.ts';
export { type Place, type PlaceRoute, Places } from './places.ts';
export { Poll, type PollCount, type PollOptions, type PollResult } from './poll.ts';
export { Roles } from './roles.ts';
export { Room } from './room.ts';
export { RoomLeader } from './room-leader.ts';
export { RoomTable, SharedTable } from './room-table.ts';
export { Variable, type VariableOptions } from './variable.ts';
