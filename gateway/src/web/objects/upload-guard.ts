import type { Principal } from '../../access/principal.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { overQuota, RequestError } from '../request-error.ts';
import { whileAllowed } from '../while-allowed.ts';

/** Looks after an upload for as long as it comes. */
export interface UploadGuard {
  /** Call it with each piece, before that is stored. Throws a RequestError where it may not be. */
  piece(bytes: number): void;
  end(): void;
}

/** Whether a principal may still upload to a key, and within its quota; `cut` ends a request of which nothing comes any more. */
export function guardUpload(
  context: SessionContext,
  { principal, key }: { principal: Principal; key: string },
  cut: () => void,
): UploadGuard {
  const { access } = context;
  const isAllowed = (): boolean => !principal.isRevoked && access.mayUpload(principal, key);
  const end = whileAllowed(context, principal, isAllowed, cut);
  return {
    piece(bytes) {
      if (!isAllowed()) throw new RequestError('PEER_NOT_ALLOWED', 'You may not upload this any more.');
      const over = access.quotas.upload(principal, bytes);
      if (over !== undefined) throw overQuota(over);
    },
    end,
  };
}
