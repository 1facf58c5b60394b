// A step of npm run check: each room of the sources imports only what scripts/lib/rooms.mjs says it may.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { importsOf } from './lib/imports.mjs';
import { HOUSES } from './lib/rooms.mjs';
import { ROOT } from './lib/root.mjs';

for (const { folder, rooms, narrower = [] } of HOUSES) {
  const root = join(ROOT, folder);
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!/\.tsx?$/.test(name)) continue;
    const file = join(root, name);
    const room = roomOf(name, rooms);
    const narrow = narrower.find(({ files }) => files.test(name));
    for (const { line, from, path } of importsOf(file, readFileSync(file, 'utf8'))) {
      const target = path === undefined ? from : relative(root, path);
      const isOwn = path !== undefined && roomOf(target, rooms) === room;
      const allowed = narrow?.may ?? (isOwn ? [target] : (rooms[room] ?? []));
      if (allowed.some((each) => covers(each, target))) continue;
      const who = narrow?.name ?? (room in rooms ? `the room ${room}` : `${room}, which is no room,`);
      console.error(`${relative(ROOT, file)}:${line}: ${who} may not import ${from}: see scripts/lib/rooms.mjs`);
      process.exitCode = 1;
    }
  }
}

/**
 * The room that a file is in: of those that hold it, the innermost; else its first folder, or its name.
 *
 * @param {string} path
 * @param {Record<string, readonly string[]>} rooms
 */
function roomOf(path, rooms) {
  const holding = Object.keys(rooms).filter((room) => covers(room, path));
  return holding.sort((a, b) => b.length - a.length)[0] ?? path.split('/')[0] ?? path;
}

/**
 * Whether a folder, a file or a package is `path`, or has it in it; `node:` has all that Node brings along, and '' all that is in the house.
 *
 * @param {string} allowed
 * @param {string} path
 */
function covers(allowed, path) {
  if (allowed === '') return !path.startsWith('..');
  return path === allowed || path.startsWith(allowed === 'node:' ? allowed : `${allowed}/`);
}
