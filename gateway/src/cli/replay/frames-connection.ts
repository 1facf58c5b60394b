import { encodeSlip, SlipDecoder } from '@crosscomm/protocol';
import { type Connection, type ConnectionHandler, openWebSocket, type Place } from './connection.ts';

const MAX_FRAME_BYTES = 64 * 1024;
/** The path at which a device of frames connects. */
const REQUEST = { path: '/', subprotocol: undefined, authorization: undefined };

/** Plays the frames of a serial port by WebSocket, as there is no port to write to; its lines are left out. */
export function openAsFrames(place: Place, handler: ConnectionHandler): Connection {
  const connection = openWebSocket(place, REQUEST, {
    received: (bytes) => handler.received(Buffer.from(encodeSlip(bytes))),
    ended: () => handler.ended(),
  });
  const decoder = new SlipDecoder(MAX_FRAME_BYTES, {
    frame: (bytes) => connection.send(bytes, true),
    text: () => {},
    fault: () => {},
  });
  return { ...connection, send: (bytes) => decoder.push(bytes) };
}
