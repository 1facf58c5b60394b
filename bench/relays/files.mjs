import { createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { portOf } from '../port.mjs';

/**
 * The least program that takes files by HTTP: each goes into a file as it comes. No digests, no record, and only with --sync
 * is it on disk when the sender is told so.
 */
const flush = process.argv.includes('--sync');
let files = 0;

const server = createServer(async (request, response) => {
  await pipeline(request, createWriteStream(`file-${++files}`, { flush }));
  response.writeHead(201).end();
});

server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'ready', port: portOf(server) }));
});
