import { CrossCommError } from './error.ts';
import { noFile, openBlob } from './local-file.ts';
import { openFileList } from './local-folder.ts';
import type { Platform, Socket } from './platform.ts';

// What a page has, as far as it is used here.
declare const WebSocket: new (url: string) => Socket & { binaryType: string };
declare const reportError: (error: unknown) => void;

export const browserPlatform: Platform = {
  openSocket(url) {
    // A browser takes no credentials in such an address; a gateway gets them in the Hello.
    const socket = new WebSocket(url.replace(/\/\/[^/]*@/, '//'));
    socket.binaryType = 'arraybuffer';
    return socket;
  },

  // A browser trusts whom its settings say.
  fetchTrusting:
    () =>
    (...asked) =>
      fetch(...asked),

  // No page may know it.
  reasonOf: () => undefined,

  report(error) {
    reportError(error);
  },

  async openFile(content) {
    const file = openBlob(content);
    if (file === undefined) throw noFile('In a browser a file is a File or a Blob.');
    return file;
  },

  async openFolder(content) {
    const folder = openFileList(content);
    if (folder) return folder;
    throw noFile('In a browser a folder is the `files` of an <input type="file" webkitdirectory>.');
  },

  async download() {
    throw new CrossCommError('not_supported', 'A browser has no directories: get a file with `download(ossKey)`.');
  },

  async findGateways() {
    throw new CrossCommError('not_supported', 'A browser cannot look for gateways: give it the address as `ip`.');
  },

  async startGateway() {
    throw new CrossCommError('no_gateway', 'A browser cannot run a gateway: start one with Node.');
  },
};
