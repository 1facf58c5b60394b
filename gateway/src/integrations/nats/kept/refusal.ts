/** Why a server does not keep a message, by what it answers to a publication; undefined: it keeps it. */
export function refusalOf(payload: Uint8Array): string | undefined {
  // Without a word: nobody listens on the subject.
  if (payload.length === 0) return 'the NATS servers have no stream for it, or are about to choose who leads it';
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8');
  if (!text.includes('"error"')) return undefined;
  try {
    const { error } = JSON.parse(text) as { error?: { description?: unknown } };
    return error === undefined ? undefined : `the NATS servers refuse it (${String(error.description)})`;
  } catch {
    return 'the NATS servers answer what cannot be read';
  }
}
