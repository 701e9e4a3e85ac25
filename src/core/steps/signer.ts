// key-known, key-scope, signature: find the trusted key that made the signature. What the evidence says about its key (a log entry's key,
// a hint, a certificate) affects only which key is tried first and how a failure is described, never what is trusted.

import { fail, pass, type Step } from '../checks.ts';
import { digestFromHash, sha256 } from '../crypto/digest.ts';
import { algorithmName, type PublicKey } from '../crypto/public_key.ts';
import {
  isVerifiable,
  type RawSignature,
  rawSignature,
  type SignatureHash,
  verifyRawSignature,
} from '../crypto/signature.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { attempt, Malformed } from '../encoding/malformed.ts';
import type { Format } from '../evidence/evidence.ts';
import { namedKeys, namesCertificate, namesKey } from '../evidence/named_keys.ts';
import { isInScope, type TrustedKey } from '../trust/trusted_key.ts';
import { fact, type Signer, type Verification } from '../verification.ts';

const SIGNATURE_SOURCE: Record<Format, string> = {
  'simple-signing': 'dev.cosignproject.cosign/signature',
  dsse: 'signatures[0].sig',
  'sigstore-bundle': 'signature',
  blob: 'base64Signature',
};

/** Passes if a trusted key made the signature or may have. Fails if the evidence names only untrusted keys and no trusted key made it. */
export const keyKnown: Step<Verification> = {
  name: 'key-known',
  applies: () => true,
  async run(state) {
    const { keys } = state.trust;
    const expected = describeKeys(keys);
    if (keys.length === 0)
      return fail('UNTRUSTED_KEY', { expected: 'at least one trusted key', actual: 'none' });
    if (keys.some(({ key }) => namesKey(state.reading, key)) && !isCertified(state))
      return pass({ expected });
    const isCertificate = namesCertificate(state.reading);
    if (!isCertificate && !namesOther(state)) return pass({ expected });
    if (!isCertified(state) && (await findSigner(state)) !== undefined) return pass({ expected });
    if (isCertificate) {
      return fail('CERTIFICATE_UNSUPPORTED', {
        expected,
        actual: 'signed with a certificate (keyless), not with a trusted key',
      });
    }
    const { hint, material } = state.reading;
    const [named] = namedKeys(state.reading);
    if (named === undefined)
      return fail('UNTRUSTED_KEY', { expected, actual: `the hint names ${hint}`, source: 'publicKey.hint' });
    const source = named === material?.spki ? 'certificate' : 'log entry';
    const fingerprint = digestFromHash(await sha256(named));
    return fail('UNTRUSTED_KEY', {
      expected,
      actual: `the ${source} names a different key, ${fingerprint}`,
      source,
    });
  },
};

export const keyScope: Step<Verification> = {
  name: 'key-scope',
  applies: ({ trust }) => trust.keys.some(({ scopes }) => scopes !== undefined),
  async run(state) {
    const { keys } = state.trust;
    const { name } = state.requirements;
    const outside = keys.filter((trusted) => !isInScope(trusted, name));
    const compared = {
      expected: keys.map((trusted) => trusted.scopes?.join(' ') ?? '**').join(', '),
      actual: name ?? 'no name given',
    };
    if (outside.length === keys.length) return fail('KEY_OUT_OF_SCOPE', compared);
    if ((await findSigner(state)) !== undefined) return pass(compared);
    const namesOneOutside = outside.some(({ key }) => namesKey(state.reading, key));
    return namesOneOutside || (await isSignedByOneOf(state, outside))
      ? fail('KEY_OUT_OF_SCOPE', compared)
      : pass(compared);
  },
};

export const signature: Step<Verification> = {
  name: 'signature',
  applies: () => true,
  async run(state) {
    const source = SIGNATURE_SOURCE[state.evidence.format];
    const compared = { expected: describeKeys(keysInScope(state)), source };
    const { signature } = state;
    if (signature instanceof Malformed)
      return fail('SIGNATURE_MALFORMED', { ...compared, actual: signature.message });
    const signer = await findSigner(state);
    if (signer !== undefined)
      return pass({ expected: compared.expected, actual: describeSigner(signer), source });
    const problem = formProblem(state, signature);
    if (problem !== undefined) return fail('SIGNATURE_MALFORMED', { ...compared, actual: problem.message });
    const unverifiable = keysInScope(state).find((trusted) => needsArtifact(state, trusted, signature));
    if (unverifiable === undefined)
      return fail('SIGNATURE_INVALID', { ...compared, actual: 'does not verify under any of them' });
    return fail('ALGORITHM_NEEDS_ARTIFACT', {
      ...compared,
      actual: `${algorithmName(unverifiable.key)} signatures of this form cannot be verified from the given digest; they need the artifact, or its digest by a different hash`,
    });
  },
};

/** A Sigstore bundle with a certificate is keyless: no trusted key can vouch for it, even one that the certificate contains. */
function isCertified({ evidence, reading }: Verification): boolean {
  return evidence.format === 'sigstore-bundle' && reading.material?.isCertificate === true;
}

/** Whether the evidence names any key. `key-known` has already ruled out that it names a trusted one. */
function namesOther({ reading }: Verification): boolean {
  return reading.hint !== undefined || namedKeys(reading).length > 0;
}

function keysInScope({ trust, requirements }: Verification): TrustedKey[] {
  return trust.keys.filter((trusted) => isInScope(trusted, requirements.name));
}

/** The first trusted key in scope that verifies the signature. Keys that the evidence names are tried first. */
async function findSigner(state: Verification): Promise<Signer | undefined> {
  const { signature, reading } = state;
  if (state.signer !== undefined) return state.signer;
  if (signature instanceof Malformed) return undefined;
  const isNamed = ({ key }: TrustedKey) => namesKey(reading, key);
  const inScope = keysInScope(state);
  const ordered = [...inScope.filter(isNamed), ...inScope.filter((trusted) => !isNamed(trusted))];
  for (const trusted of ordered) {
    const hash = await matchingHash(state, trusted, signature);
    if (hash !== undefined) {
      state.signer = { trusted, hash };
      return state.signer;
    }
  }
  return undefined;
}

async function isSignedByOneOf(state: Verification, keys: TrustedKey[]): Promise<boolean> {
  const { signature } = state;
  if (signature instanceof Malformed) return false;
  for (const trusted of keys) if ((await matchingHash(state, trusted, signature)) !== undefined) return true;
  return false;
}

async function matchingHash(
  state: Verification,
  { key }: TrustedKey,
  signature: Bytes,
): Promise<SignatureHash | undefined> {
  const { reading, signed } = state;
  const raw = formUnder(key, signature);
  if (raw instanceof Malformed) return undefined;
  for (const hash of reading.hashes(key)) {
    if (!isVerifiable(hash, signed)) continue;
    const verifies = () => verifyRawSignature(key, hash, signed, raw);
    if (await fact(state, `signature ${key.fingerprint} ${hash}`, verifies)) return hash;
  }
  return undefined;
}

const forms = new WeakMap<Bytes, Map<string, RawSignature | Malformed>>();

/** The signature decoded as one by this kind of key, once for all keys of the kind. */
function formUnder(key: PublicKey, signature: Bytes): RawSignature | Malformed {
  const read = forms.get(signature) ?? new Map<string, RawSignature | Malformed>();
  forms.set(signature, read);
  const kind = algorithmName(key);
  const known = read.get(kind);
  if (known !== undefined) return known;
  const form = attempt(() => rawSignature(key, signature));
  read.set(kind, form);
  return form;
}

/** Whether this key may have made the signature, over a hash of the message that is not known. */
function needsArtifact({ reading, signed }: Verification, { key }: TrustedKey, signature: Bytes): boolean {
  if (formUnder(key, signature) instanceof Malformed) return false;
  return reading.hashes(key).some((hash) => !isVerifiable(hash, signed));
}

/** Why the bytes cannot be a signature by any trusted key; undefined if they may be one. */
function formProblem(state: Verification, signature: Bytes): Malformed | undefined {
  const read = state.trust.keys.map(({ key }) => formUnder(key, signature));
  const problems = read.filter((form) => form instanceof Malformed);
  return problems.length === read.length ? problems[0] : undefined;
}

function describeKeys(keys: TrustedKey[]): string {
  return keys
    .map(({ id, key }) => (id === undefined ? key.fingerprint : `${id} (${key.fingerprint})`))
    .join(', ');
}

function describeSigner({ trusted, hash }: Signer): string {
  return `${trusted.id ?? trusted.key.fingerprint} with ${algorithmName(trusted.key)}${hash === 'none' ? '' : ` and ${hash}`}`;
}
