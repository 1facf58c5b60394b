#!/bin/sh
# prom-client 15.1.3 (Node): of garbage collections that Node tells of together, nodejs_gc_duration_seconds counts only the first.
#
# Node calls a PerformanceObserver once for all collections since the event loop came round last. prom-client reads
# list.getEntries()[0], so the busier a program is, the less of its garbage collection is seen: while the loop is blocked, which is when
# one looks, nearly all is missing.
#
#   17 collections, prom-client counted 1
#
# Counts and times of this metric are too low in every program that uses collectDefaultMetrics.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error prom-client@15.1.3 >/dev/null
cat >try.cjs <<'END'
const { PerformanceObserver } = require('node:perf_hooks');
const { collectDefaultMetrics, Registry } = require('prom-client');

const register = new Registry();
collectDefaultMetrics({ register });
let seen = 0;
const observer = new PerformanceObserver((list) => {
  seen += list.getEntries().length;
});
observer.observe({ entryTypes: ['gc'] });

// Half a second of work that makes garbage, in one turn of the event loop.
let kept = [];
for (let number = 0; number < 3_000_000; number++) {
  kept.push({ number });
  if (kept.length > 100_000) kept = [];
}

setTimeout(async () => {
  const { values } = await register.getSingleMetric('nodejs_gc_duration_seconds').get();
  const counts = values.filter(({ metricName }) => metricName?.endsWith('_count'));
  const counted = counts.reduce((sum, { value }) => sum + value, 0);
  console.log(`${seen} collections, prom-client counted ${counted}`);
  process.exit(counted < seen ? 0 : 1);
}, 500);
END
node try.cjs
