import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const OWN = fileURLToPath(new URL('../../.cache/venv/bin/python', import.meta.url));

/**
 * The project's own Python, or one that CROSSCOMM_BENCH_PYTHON names; `otherwise` where there is none.
 * @template {string | undefined} T
 * @param {T} otherwise
 * @returns {string | T}
 */
export function findPython(otherwise) {
  return [process.env.CROSSCOMM_BENCH_PYTHON, OWN].find((file) => file && existsSync(file)) ?? otherwise;
}
