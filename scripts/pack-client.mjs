// npm run pack:client: makes the packages of the client for Node and browsers in the folder `packages`, for `npm install FILE`.
import { join, relative } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { packClient } from './lib/pack.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { needNode, tell } from './lib/progress.mjs';
import { CALLED_FROM, ROOT } from './lib/root.mjs';

needNode();
ensurePackages({ dev: false });
ensureBuilt();
const [client, protocol] = packClient(join(ROOT, 'packages')).map((file) => relative(CALLED_FROM, file));
tell(`\n${client} is @crosscomm/client, with all that it needs of this repository: npm install ${client}`);
tell(`${protocol} is @crosscomm/protocol, the frames alone.`);
