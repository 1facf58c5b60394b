/** A frame as Python's json.dumps writes it: blanks after colons and commas, ASCII only. */
export function frame(fields: Record<string, unknown> = {}, raw: Record<string, string> = {}): string {
  const values = {
    msg_id: 'ann_1700000000000_0a1b2c3d',
    from_client_id: 'ann',
    to_client_id: 'ben',
    msg_type: 'text',
    content: 'hello',
    timestamp: 1700000000.123,
    oss_key: null,
    ...fields,
  };
  const members = Object.entries(values).map(([name, value]) => `"${name}": ${raw[name] ?? JSON.stringify(value)}`);
  return `{${members.join(', ')}}`;
}
