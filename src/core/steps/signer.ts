// key-known, key-scope, signature: which trusted key made the signature. What the evidence says of its key (the log entry's
// key, a certificate) is a hint: it decides which key is tried first and how a failure is named, never what is trusted.
import { type Bytes, equalBytes } from '../bytes.ts';
import { fail, pass, type Step } from '../checks.ts';
import { attempt, Malformed } from '../malformed.ts';
import { algorithmName, type HashName, simpleSigningHashes } from '../public_key.ts';
import { rawSignature, verifyRawSignature } from '../signature.ts';
import { isInScope, type TrustedKey } from '../trusted_key.ts';
import { fact, type Signer, type Verification } from '../verification.ts';

const SIGNATURE_SOURCE = 'dev.cosignproject.cosign/signature';

/** A trusted key made it, or could have. Fails when the signature names a key that is not trusted and no trusted one made it. */
export const keyKnown: Step<Verification> = {
  name: 'key-known',
  applies: () => true,
  async run(state) {
    const { keys } = state.trust;
    const expected = describeKeys(keys);
    if (keys.length === 0)
      return fail('UNTRUSTED_KEY', { expected: 'at least one trusted key', actual: 'none' });
    const named = namedKey(state);
    if (named !== undefined && keys.some(({ key }) => equalBytes(key.spki, named))) return pass({ expected });
    const isCertificate = namesCertificate(state);
    if (named === undefined && !isCertificate) return pass({ expected });
    if ((await findSigner(state)) !== undefined) return pass({ expected });
    if (isCertificate) {
      return fail('CERTIFICATE_UNSUPPORTED', {
        expected,
        actual: 'signed with a certificate (keyless), not with a trusted key',
      });
    }
    return fail('UNTRUSTED_KEY', {
      expected,
      actual: 'the log entry names another key',
      source: 'spec.signature.publicKey',
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
    const named = namedKey(state);
    const namesOneOutside = named !== undefined && outside.some(({ key }) => equalBytes(key.spki, named));
    if (outside.length < keys.length && !(namesOneOutside && (await findSigner(state)) === undefined))
      return pass(compared);
    return fail('KEY_OUT_OF_SCOPE', compared);
  },
};

export const signature: Step<Verification> = {
  name: 'signature',
  applies: () => true,
  async run(state) {
    const compared = { expected: describeKeys(state.trust.keys), source: SIGNATURE_SOURCE };
    if (state.signature instanceof Malformed) {
      return fail('SIGNATURE_MALFORMED', { ...compared, actual: state.signature.message });
    }
    const signer = await findSigner(state);
    if (signer !== undefined)
      return pass({ expected: compared.expected, actual: describeSigner(signer), source: SIGNATURE_SOURCE });
    const problem = formProblem(state, state.signature);
    return problem === undefined
      ? fail('SIGNATURE_INVALID', { ...compared, actual: 'verifies under none of them' })
      : fail('SIGNATURE_MALFORMED', { ...compared, actual: problem.message });
  },
};

/** The first trusted key in scope under which the signature verifies, the named one tried first. */
async function findSigner(state: Verification): Promise<Signer | undefined> {
  const { signature } = state;
  if (state.signer !== undefined || signature instanceof Malformed) return state.signer;
  const named = namedKey(state);
  const isNamed = ({ key }: TrustedKey) => named !== undefined && equalBytes(key.spki, named);
  const inScope = state.trust.keys.filter((trusted) => isInScope(trusted, state.requirements.name));
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

async function matchingHash(
  state: Verification,
  { key }: TrustedKey,
  signature: Bytes,
): Promise<HashName | 'none' | undefined> {
  const raw = attempt(() => rawSignature(key, signature));
  if (raw instanceof Malformed) return undefined;
  for (const hash of simpleSigningHashes(key)) {
    const verifies = () => verifyRawSignature(key, hash, state.evidence.payload, raw);
    if (await fact(state, `signature ${key.fingerprint} ${hash}`, verifies)) return hash;
  }
  return undefined;
}

/** Why the bytes are no signature of any trusted key's kind; undefined when they could be one. */
function formProblem(state: Verification, signature: Bytes): Malformed | undefined {
  const forms = state.trust.keys.map(({ key }) => attempt(() => rawSignature(key, signature)));
  const problems = forms.filter((form) => form instanceof Malformed);
  return problems.length === forms.length ? problems[0] : undefined;
}

/** The key that the log entry says it was made with. */
function namedKey({ body }: Verification): Bytes | undefined {
  return body !== undefined && 'keySpki' in body ? body.keySpki : undefined;
}

function namesCertificate({ evidence, body }: Verification): boolean {
  return (
    evidence.certificate !== undefined ||
    (body !== undefined && 'isCertificate' in body && body.isCertificate)
  );
}

function describeKeys(keys: TrustedKey[]): string {
  return keys
    .map(({ id, key }) => (id === undefined ? key.fingerprint : `${id} (${key.fingerprint})`))
    .join(', ');
}

function describeSigner({ trusted, hash }: Signer): string {
  return `${trusted.id ?? trusted.key.fingerprint} with ${algorithmName(trusted.key)}${hash === 'none' ? '' : ` and ${hash}`}`;
}
