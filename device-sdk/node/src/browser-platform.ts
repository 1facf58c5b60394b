import { CrossCommError } from './error.ts';
import { noFile, openBlob } from './local-file.ts';
import { openFileList } from './local-folder.ts';
import type { Platform, Socket } from './platform.ts';

const page = globalThis as unknown as {
  WebSocket: new (url: string) => Socket;
  reportError(error: unknown): void;
};

export const browserPlatform: Platform = {
  // A browser takes no credentials in such an address; a gateway gets them in the Hello.
  openSocket: (url) => new page.WebSocket(url.replace(/\/\/[^/]*@/, '//')),

  abandon(socket) {
    socket.close();
  },

  // No page may know it.
  reasonOf: () => undefined,

  report(error) {
    page.reportError(error);
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

  async startGateway() {
    throw new CrossCommError('no_gateway', 'A browser cannot run a gateway: start one with Node.');
  },
};
