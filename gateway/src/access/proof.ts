import type { Clock } from '../common/clock.ts';
import { isLoopback } from '../common/loopback.ts';
import { networkOf } from '../common/network-of.ts';
import { ownAddresses } from '../common/own-addresses.ts';
import { addressOf } from '../common/peer-address.ts';
import type { Proof, SignedIn } from '../common/signed-in.ts';
import type { Account } from './account.ts';
import type { AccountBook } from './account-book.ts';
import type { Claim, Prove, Proven } from './claim.ts';
import { isOver } from './expiry.ts';
import type { Guard } from './guard.ts';
import { PAIRING_PREFIX, type Pairings, WRONG_CODE } from './pairing.ts';
import { type PasswordAnswer, PasswordChecker } from './password-checker.ts';
import type { TokenOffers } from './token-offers.ts';
import { isToken } from './tokens.ts';

/** Who may join without a proof: programs on this machine, anyone, or nobody. */
export type AnonymousRule = 'loopback' | 'allow' | 'deny';

export interface ProofParts {
  accounts: AccountBook;
  clock: Clock;
  anonymous: AnonymousRule;
  /** The secret by which commands on this machine prove themselves; undefined: there is none. */
  operatorSecret?: string | undefined;
  guard: Guard;
  /** Pairing codes, and tokens that were just given; without it there are none. */
  pairing?: PairingProof | undefined;
}

/** What pairing adds to the proofs. */
export interface PairingProof {
  pairings: Pick<Pairings, 'isOpen' | 'prove' | 'used'>;
  offers: Pick<TokenOffers, 'saving'>;
}

const WRONG: Proven = { reason: 'password', why: 'wrong user name, password or token' };
const EXPIRED: Proven = { reason: 'password', why: 'the account has expired' };
const BUSY: Proven = { reason: 'busy', why: 'too many passwords are being checked; try again later' };

/**
 * Checks the proof of a claim: a certificate, a token or a password of an account, a cable, or none. As long as there is no account at all,
 * a user name and a password that nobody asked for are ignored, as many MQTT clients always send some.
 */
export function proofOf({ accounts, clock, anonymous, operatorSecret, guard, pairing }: ProofParts): Prove {
  const passwords = new PasswordChecker(clock, () => accounts.passwordKinds);

  const accepted = (account: Account, proof: Proof, credential?: string): Proven =>
    isOver(account, clock) ? EXPIRED : { proof, account: account.name, credential };

  /** The account that a claim is about: the one it names, else the one that owns its id. */
  const meant = ({ account, id = '' }: Claim): Account | undefined => {
    const named = account === undefined ? undefined : accounts.get(account);
    if (named) return named;
    const owner = accounts.ownerOf(account ?? '') ?? accounts.ownerOf(id);
    return owner === undefined ? undefined : accounts.get(owner);
  };

  const withSecret = (claim: Claim, secret: string): Proven | Promise<Proven> => {
    if (isToken(secret)) {
      if (secret === operatorSecret && isOfThisMachine(claim)) return { proof: 'operator' };
      const found = accounts.findToken(secret);
      if (found) {
        const { account, credential } = found;
        if (pairing?.pairings.isOpen) pairing.pairings.used(credential.id);
        // A user name that is another account's is a mistake, and no other.
        const named = claim.account === undefined ? undefined : accounts.get(claim.account);
        return named && named.name !== account.name ? WRONG : accepted(account, 'token', credential.id);
      }
    }
    // Whoever plugs in a board whose token is of another gateway, or was removed, is still at this machine.
    if (claim.isCable && (isToken(secret) || secret.startsWith(PAIRING_PREFIX))) return { proof: 'cable' };
    const account = meant(claim);
    // Those of the environment are compared at once, so a name that is none of them is no different.
    if (accounts.isEmpty && account === undefined) return guard.check(claim, undefined, () => WRONG);
    if (account && passwords.remembers(secret, account.password)) {
      return accepted(account, 'password', account.password);
    }
    return guard.check(claim, account?.name, () => withPassword(claim, secret, account));
  };

  const withPassword = (claim: Claim, password: string, account: Account | undefined): Proven | Promise<Proven> => {
    const answer = passwords.check({
      password,
      stored: account?.password,
      // Nothing else is to be told apart from as long as there are only those of the environment.
      isAlone: accounts.isEmpty,
      address: networkOf(addressOf(claim.peer)),
      isGone: () => claim.isGone(),
    });
    const read = ({ is, fresh }: PasswordAnswer): Proven | Promise<Proven> => {
      if (is === 'busy') return BUSY;
      if (is === 'wrong' || account === undefined) return WRONG;
      return fresh === undefined
        ? accepted(account, 'password', account.password)
        : renewed(claim, password, account, fresh);
    };
    return answer instanceof Promise ? answer.then(read) : read(answer);
  };

  /** Keeps a hash of ours in place of another program's. Where the account has got another one meanwhile, the password is checked by that. */
  const renewed = async (claim: Claim, password: string, { name, password: old }: Account, fresh: string) => {
    const renew = (account: Account): Account => (account.password === old ? { ...account, password: fresh } : account);
    // Where it cannot be written down, the old one stays.
    await accounts.update(name, renew).catch(() => {});
    const account = accounts.get(name);
    if (account === undefined) return WRONG;
    const isSame = account.password === fresh || account.password === old;
    return isSame ? accepted(account, 'password', account.password) : withPassword(claim, password, account);
  };

  const withoutProof = ({ peer, isCable, isRemote, page }: Claim): Proven => {
    if (isCable) return { proof: 'cable' };
    if (page !== undefined) return foreign(page);
    const isLet = anonymous === 'allow' || (anonymous === 'loopback' && !isRemote && isLoopback(addressOf(peer)));
    if (isLet) return { proof: 'none' };
    return { reason: 'password', why: 'it needs a user name and a password, or a token' };
  };

  const asSignedIn = (claim: Claim, { proof, account, credential, isRevoked }: SignedIn): Proven => {
    const named = claim.account === undefined ? undefined : accounts.get(claim.account);
    const isOther = named !== undefined && named.name !== account;
    return isRevoked || isOther || account === undefined ? WRONG : { proof, account, credential };
  };

  /** A code, or a token whose account is being written to disk; undefined where the secret is neither. */
  const withPairing = (claim: Claim, secret: string): Proven | Promise<Proven> | undefined => {
    if (secret.startsWith(PAIRING_PREFIX)) {
      // A page that somebody only looks at could try codes, and so end them for whoever is meant.
      if (claim.page !== undefined) return foreign(claim.page);
      if (pairing?.pairings.isOpen) {
        const proving = pairing.pairings.prove(claim, secret.slice(PAIRING_PREFIX.length));
        return claim.isCable ? proving.then(orByCable) : proving;
      }
      // What a sketch still has where nobody asks for a proof.
      return claim.isCable || (accounts.isEmpty && !claim.insists) ? undefined : WRONG_CODE;
    }
    return pairing?.offers.saving(secret)?.then(() => withSecret(claim, secret));
  };

  return (claim) => {
    const { secret, certificate, insists, signedIn, page } = claim;
    // A browser adds a certificate by itself, whichever page asks.
    if (certificate !== undefined && page === undefined) {
      const found = accounts.findCertificate(certificate);
      if (found) return accepted(found.account, 'certificate', found.credential.id);
    }
    if (signedIn !== undefined && secret === undefined) return asSignedIn(claim, signedIn);
    const paired = secret === undefined ? undefined : withPairing(claim, secret);
    if (paired !== undefined) return paired;
    if (secret !== undefined && (insists || !accounts.isEmpty || secret === operatorSecret || meant(claim))) {
      return withSecret(claim, secret);
    }
    return withoutProof(claim);
  };
}

/** A board on a cable, whose pairing code is of no use, is still plugged in. */
function orByCable(proven: Proven): Proven {
  return proven.reason === undefined ? proven : { proof: 'cable' };
}

function foreign(page: string): Proven {
  const way = 'may not do this without a password or token; to let them, add that origin to http.origins';
  return { reason: 'not_allowed', why: `pages of ${page} ${way}` };
}

function isOfThisMachine({ peer, isRemote }: Claim): boolean {
  const address = addressOf(peer);
  // A gateway that listens on one address of its network only is asked there.
  return !isRemote && (isLoopback(address) || ownAddresses().includes(address));
}
