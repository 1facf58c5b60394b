import { ApiError } from '../../api/client.ts';

/** What is sent, and to whom. */
export interface OutgoingFile {
  file: File;
  /** A client or a channel; empty: nobody is told of it. */
  to: string;
  /** The account of whoever sends it, if there is one. */
  from: string | undefined;
}

/**
 * Uploads a file. Rejects with an ApiError that says why it is not stored.
 *
 * @param onProgress called with the share of it that is sent, 0 to 1
 */
export function sendFile({ file, to, from }: OutgoingFile, onProgress: (share: number) => void): Promise<void> {
  const query = new URLSearchParams({ kind: file.type.startsWith('image/') ? 'image' : 'file' });
  if (to !== '') query.set('to', to);
  if (from !== undefined) query.set('from', from);
  // Fetch does not say how far it is.
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open('PUT', `/objects/${encodeURIComponent(file.name)}?${query}`);
    request.setRequestHeader('content-type', file.type === '' ? 'application/octet-stream' : file.type);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total);
    request.onload = () => (request.status === 201 ? resolve() : reject(errorIn(request)));
    request.onerror = () => reject(new ApiError(0, '', ''));
    request.send(file);
  });
}

function errorIn({ status, responseText }: XMLHttpRequest): ApiError {
  try {
    const { error } = JSON.parse(responseText) as { error?: { code?: string; message?: string } };
    return new ApiError(status, error?.code ?? '', error?.message ?? '');
  } catch {
    return new ApiError(status, '', '');
  }
}
