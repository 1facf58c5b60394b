import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDebianPackages } from './debian.mjs';
import { runLoud, tell } from './progress.mjs';
import { CACHE, ROOT } from './root.mjs';

const SOURCES = join(ROOT, 'client-tests');
const BUILT = join(CACHE, 's3-clients');

/** Fetches and compiles the clients of S3 that npm test does without, into .cache/s3-clients; needs Go and Rust. */
export function ensureS3Clients() {
  ensureDebianPackages([{ package: 's3cmd', program: 's3cmd' }]);
  tell('aws-sdk-go-v2 and minio-go, of Go ...');
  for (const name of ['aws', 'minio']) {
    runLoud('go', ['build', '-C', join(SOURCES, 's3-go'), '-o', join(BUILT, 'go', name), `./${name}`]);
  }
  tell('object_store, of Rust ...');
  // Cargo writes beside the sources.
  const folder = join(BUILT, 'rust-sources');
  cpSync(join(SOURCES, 's3-rust'), folder, { recursive: true });
  runLoud('cargo', ['build', '--quiet', '--manifest-path', join(folder, 'Cargo.toml')], {
    env: { CARGO_TARGET_DIR: join(BUILT, 'rust') },
  });
}
