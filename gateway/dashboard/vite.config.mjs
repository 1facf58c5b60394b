import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The gateway that `npx vite gateway/dashboard` works with, which shows each change of the page at once. */
const GATEWAY = process.env.CROSSCOMM_URL ?? 'http://localhost:9898';

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
// The page comes from another port, which may not act otherwise.
const proxy = { target: GATEWAY, changeOrigin: true, headers: { origin: GATEWAY } };

export default defineConfig({
  root: here('.'),
  base: '/dashboard/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/dashboard'),
    emptyOutDir: true,
    // What a test counts the bytes of a first visit by.
    manifest: true,
    // A picture inside of a script or a style would need another policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What nearly every page needs is one file: a browser waits longer for ten.
        codeSplitting: {
          groups: [
            {
              name: 'common',
              test: /(preact[/\\](?!.*test)|src[/\\](common|api|components|charts[/\\]chart\.|language[/\\][a-z]+\.ts))/,
            },
            // And so is what several pages have that show messages: together it is fewer bytes than apart.
            {
              name: 'talk',
              test: /src[/\\]pages[/\\](conversation|channels|devices|accounts)[/\\](?!\w+s?-page)/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': proxy, '/objects': proxy, '/uploads': proxy, '/status': proxy, '/images': proxy } },
});
