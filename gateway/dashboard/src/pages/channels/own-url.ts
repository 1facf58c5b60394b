/** Whether an address is of this gateway: the page shows nothing from another host. */
export function isOwn(url: string): boolean {
  try {
    return new URL(url, location.href).origin === location.origin;
  } catch {
    return false;
  }
}
