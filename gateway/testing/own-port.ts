/**
 * Below those that Linux gives out by itself (net.ipv4.ip_local_port_range): what asks for port 0, or connects, never takes one of these,
 * also not while the program that has it is killed and started again.
 */
const LOWEST = 20_000;
const PER_WORKER = 1500;
const WORKERS = 8;

/** Vitest runs one file at a time in each of its workers, which are numbered from 1. */
const worker = (Number(process.env.VITEST_POOL_ID ?? 1) - 1) % WORKERS;
let next = Math.floor(Math.random() * PER_WORKER);

/** A port that no other test of this run is given, for a program that must have the same one again, or cannot be given 0. */
export function ownPort(): number {
  next = (next + 1) % PER_WORKER;
  return LOWEST + worker * PER_WORKER + next;
}
