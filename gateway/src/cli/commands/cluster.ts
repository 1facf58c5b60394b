import { printable } from '../../common/printable.ts';
import { shownBytes } from '../../observability/finding.ts';
import type { ClusterView } from '../../web/api/cluster.ts';
import { askGateway } from '../ask-gateway.ts';
import { type ReachOptions, reachOf } from '../reach.ts';
import { EXIT, paintOf, type Shell, say, warn } from '../shell.ts';
import { sayTable } from '../table.ts';

export interface ClusterStatusOptions extends ReachOptions {
  json?: boolean;
}

const TITLES = ['GATEWAY', 'VERSION', 'UP SINCE', 'CLIENTS'];

/** `crosscomm cluster status`: the other gateways that are one conversation with this one. */
export async function clusterStatus(shell: Shell, { json = false, ...reach }: ClusterStatusOptions): Promise<number> {
  const { url, ...credential } = await reachOf(shell, reach);
  const view = (await askGateway(shell, url, 'GET', '/api/v1/cluster', credential)) as ClusterView;
  if (json) {
    say(shell, JSON.stringify(view));
    return EXIT.fine;
  }
  const { gateway, link, gateways, isNameTaken, kept, files, retained, scheduled, accounts } = view;
  if (gateway === null || link === null) {
    say(shell, 'This gateway is alone: cluster.servers in its configuration names no NATS servers.');
    return EXIT.fine;
  }
  const paint = paintOf(shell);
  const server =
    link.server === null ? '' : ` to ${printable(link.server)} (NATS ${printable(link.serverVersion ?? '')})`;
  say(shell, paint.bold(`Gateway ${gateway}`));
  say(
    shell,
    link.isUp
      ? `Connected${server} since ${when(link.sinceMs)}`
      : `Not connected since ${when(link.sinceMs)}: ${printable(link.fault ?? '')}`,
  );
  if (kept !== null) sayKept(shell, kept);
  if (retained !== null) sayRetained(shell, retained);
  if (scheduled !== null) sayScheduled(shell, scheduled);
  if (accounts !== null) say(shell, accountsLine(accounts));
  if (files !== null) sayFiles(shell, files);
  if (isNameTaken)
    warn(shell, `Another gateway has the name ${gateway}, too: give one of them another (cluster.gateway).`);
  if (gateways.length === 0) say(shell, 'No other gateway is there.');
  else {
    const rows = gateways.map(({ name, version, sinceMs, clients }) => [
      ...[printable(name), printable(version), when(sinceMs), String(clients)],
    ]);
    sayTable(shell, TITLES, rows);
  }
  return link.isUp && !isNameTaken && !kept?.fault && !retained?.fault ? EXIT.fine : EXIT.failed;
}

function sayKept(
  shell: Shell,
  { waiting, waitingBytes, oldestMs, refused, fault }: NonNullable<ClusterView['kept']>,
): void {
  const since = oldestMs === null ? '' : ` since ${when(oldestMs)}`;
  const messages = waiting === 1 ? '1 message' : `${waiting} messages`;
  say(
    shell,
    waiting === 0
      ? 'Nothing waits for the others.'
      : `${messages} (${shownBytes(waitingBytes)}) for the others${since}`,
  );
  if (fault !== null) warn(shell, `Messages of QoS 1 and 2 do not get to the others: ${printable(fault)}.`);
  if (refused > 0) warn(shell, `${refused} of QoS 1 and 2 will not arrive there: see the log for CLUSTER_NOT_KEPT.`);
}

function accountsLine({ waiting }: NonNullable<ClusterView['accounts']>): string {
  if (waiting === 0) return 'Accounts and roles are shared.';
  const changes = waiting === 1 ? '1 change waits' : `${waiting} changes wait`;
  return `Accounts and roles are shared: ${changes} for the NATS servers.`;
}

function sayFiles(shell: Shell, { takenBytes, givenBytes, copiesBytes }: NonNullable<ClusterView['files']>): void {
  if (takenBytes + givenBytes + copiesBytes === 0) return;
  const copies = copiesBytes === 0 ? '' : `, ${shownBytes(copiesBytes)} of copies here`;
  say(shell, `Files: ${shownBytes(takenBytes)} read from the others, ${shownBytes(givenBytes)} by them${copies}`);
}

function sayScheduled(shell: Shell, scheduled: NonNullable<ClusterView['scheduled']>): void {
  const { waiting, untold, takenOver, fault } = scheduled;
  if (waiting + untold + takenOver > 0) {
    const more = takenOver === 0 ? '' : `, ${takenOver} taken over from gateways that are gone`;
    say(shell, `Scheduled: ${waiting} here, ${untold} that the others do not know of yet${more}`);
  }
  if (fault !== null) warn(shell, `Scheduled messages are not known to the others: ${printable(fault)}.`);
}

function sayRetained(shell: Shell, { waiting, oldestMs, leftOut, fault }: NonNullable<ClusterView['retained']>): void {
  const since = oldestMs === null ? '' : ` since ${when(oldestMs)}`;
  if (waiting > 0) {
    const messages = waiting === 1 ? '1 retained message' : `${waiting} retained messages`;
    say(shell, `${messages} to tell the others of${since}`);
  }
  if (fault !== null) warn(shell, `Retained messages are not shared: ${printable(fault)}.`);
  if (leftOut > 0) warn(shell, `${leftOut} retained elsewhere are not here, as there is no room (limits.maxRetained).`);
}

/** `2026-11-30 12:43`, as this machine's clock has it. */
function when(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
