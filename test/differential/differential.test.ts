// Our parsers compared with independent libraries, on random and almost valid input: no unexplained difference.
// The libraries: distribution/reference, x/mod/sumdb/note, transparency-dev/formats and merkle, cyberphone's JCS, cryptobyte, crypto/x509.
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { certificateSpki } from '../../src/core/crypto/certificate.ts';
import { CURVES } from '../../src/core/crypto/elliptic_curve.ts';
import { parsePublicKey } from '../../src/core/crypto/public_key.ts';
import { ecdsaRaw } from '../../src/core/crypto/signature.ts';
import { fromUtf8 } from '../../src/core/encoding/bytes.ts';
import { type NoteSignature, parseCheckpoint } from '../../src/core/log/checkpoint.ts';
import { promisedBytes } from '../../src/core/log/log_promise.ts';
import { rootFromInclusionProof } from '../../src/core/log/merkle.ts';
import { MAX_REFERENCE_LENGTH, normalizeRegistry, parseImageReference } from '../../src/core/reference.ts';
import { parseCertificate } from '../../src/core/timestamp/x509.ts';
import { type Bytes, base64, hex, join, unbase64, utf8 } from '../support/bytes.ts';
import { makeLog, noteLine } from '../support/fake_log.ts';
import { makeTsa } from '../support/fake_tsa.ts';
import { edited, edits } from '../support/fuzz.ts';
import { makeKey } from '../support/keys.ts';
import { compare } from './compare.ts';
import { hasPeer } from './peer.ts';

const RSA_OID = '06092a864886f70d010101';
const ED25519_OID = '06032b6570';
const P224_OID = '06052b81040021';

const text = (bytes: Uint8Array) => fromUtf8(bytes, 'input');
/** Valid input with a few changes; one in eight is unchanged. */
const nearly = (valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Bytes> =>
  fc.oneof(
    { weight: 7, arbitrary: fc.tuple(valid, edits).map(([good, changes]) => edited(good, changes)) },
    { weight: 1, arbitrary: valid.map((good) => Uint8Array.from(good)) },
  );

describe.skipIf(!hasPeer)('against Go libraries (needs test/differential/install_peer.ts, and Go)', () => {
  test('references', async () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,5}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,4}){0,2}$/);
    const host = fc.constantFrom(
      '',
      '',
      'ghcr.io/',
      'reg.example:5000/',
      'localhost/',
      'A-b.C:443/',
      '[::1]:5000/',
      'index.docker.io/',
      'Ghcr/',
      'x:0080/',
    );
    const tag = fc.constantFrom('', '', ':1', ':v1.2_x-Y', ':', `:${'t'.repeat(129)}`);
    const digest = fc.constantFrom(
      '',
      '',
      `@sha256:${'0f'.repeat(32)}`,
      `@sha256:${'0F'.repeat(32)}`,
      `@sha512:${'0f'.repeat(64)}`,
      '@md5:00',
    );
    const parts = fc.array(part, { minLength: 1, maxLength: 4 });
    const valid = fc
      .tuple(host, parts, tag, digest)
      .map(([h, p, t, d]) => utf8(`${h}${p.join('/')}${t}${d}`));
    const long = fc.integer({ min: 240, max: 530 }).map((length) => utf8('a'.repeat(length)));
    const other = fc.string({ unit: fc.constantFrom(...'aZ09/:@._-[]+ \n%'), maxLength: 24 }).map(utf8);
    await compare({
      inputs: fc.oneof({ weight: 6, arbitrary: nearly(valid) }, other, long),
      ask: (bytes) => ({ what: 'reference', bytes }),
      ours: (bytes) => {
        const { registry, repository, tag, digest } = parseImageReference(text(bytes));
        return { ...(digest && { digest }), domain: registry, path: repository, tag };
      },
      differences: {
        'here registries are normalised, and latest is the default tag': (_, ours, theirs) =>
          theirs.domain !== undefined && JSON.stringify(ours) === JSON.stringify(normal(theirs)),
        'here a first segment with a dot or colon must be a valid host; there the name otherwise has no registry':
          (_, ours, theirs) => ours.refused && theirs.domain === '',
        'here an image digest must be sha256': (_, ours, { digest }) =>
          ours.refused && digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest),
        'here an image id is not a name': (bytes, ours) =>
          ours.refused && /^(?:sha(?:256|384|512)|blake3):[^/]*$/.test(text(bytes)),
        'here a reference has at most 512 characters': (bytes, ours) =>
          ours.refused && bytes.length > MAX_REFERENCE_LENGTH,
        'here upper case in a first segment without a dot is refused; there it makes a host': (bytes, ours) =>
          ours.refused && /^[^/.:]*[A-Z][^/.:]*\//.test(text(bytes)),
      },
    });
  });

  test('checkpoints', async () => {
    const log = await makeLog();
    const witness = await makeKey('ed25519');
    const root = new Uint8Array(32).fill(7);
    const own = await log.checkpoint(41, root);
    const extended = own.replace('\n\n', '\nextension line\n\n');
    const witnessed =
      own + (await noteLine('witness.example/w', witness, own.slice(0, own.indexOf('\n\n') + 1)));
    const line = own.slice(own.lastIndexOf('\u2014'));
    const many = own + line.repeat(98);
    const sizes = ['0', '00', '+1', '18446744073709551615', '9999999999999999999', '99999999999999999999'];
    const others = sizes.map((size) => own.replace('\n41\n', `\n${size}\n`));
    await compare({
      valid: [own, extended, witnessed, many].map(utf8),
      inputs: nearly(fc.constantFrom(...[own, extended, witnessed, many, many + line, ...others].map(utf8))),
      ask: (bytes) => ({ what: 'checkpoint', bytes }),
      ours: (bytes) => {
        const { origin, size, root, signed, signatures } = parseCheckpoint(text(bytes));
        return {
          origin,
          root: base64(root),
          signatures: [...new Set(signatures.map(lineOf))],
          size: String(size),
          text: text(signed),
        };
      },
      differences: {
        'here a size has at most 19 digits, no sign and no leading zero': (bytes, ours) =>
          ours.refused && !/^[^\n]*\n(?:0|[1-9][0-9]{0,18})\n/.test(text(bytes)),
        'here a root has 32 bytes': (_, ours, theirs) =>
          ours.refused && theirs.root !== undefined && unbase64(theirs.root).length !== 32,
        'here base64 has one accepted encoding': (bytes, ours) =>
          ours.refused &&
          text(bytes)
            .split('\n')
            .some((one) => isLooseBase64(one.replace(/^\u2014 \S+ /, ''))),
        'here the text has no blank line': (_, ours, theirs) =>
          ours.refused && /\n\n/.test(theirs.text ?? ''),
      },
    });
  });

  test('Merkle inclusion proofs', async () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const proof = fc
      .record({
        size: fc.oneof(fc.bigInt(1n, 70n), fc.bigInt(1n, 2n ** 63n - 1n)),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .chain(({ size, at }) => {
        const index = (size * BigInt(Math.floor(at * 2 ** 30))) / 2n ** 30n;
        const right = proofLength(index, size);
        const length = fc.oneof(
          { weight: 6, arbitrary: fc.constant(right) },
          fc.integer({ min: 0, max: 66 }),
        );
        return fc.tuple(
          fc.oneof({ weight: 9, arbitrary: fc.constant(index) }, fc.constant(size), fc.constant(size + 1n)),
          fc.constant(size),
          length.chain((count) => fc.array(hash, { minLength: count, maxLength: count })),
          hash,
        );
      });
    await compare({
      inputs: proof,
      ask: ([index, size, hashes, bytes]) => ({ what: 'inclusion proof', index, size, proof: hashes, bytes }),
      ours: async ([index, size, hashes, leaf]) => ({
        root: base64(await rootFromInclusionProof(leaf as Bytes, index, size, hashes as Bytes[])),
      }),
    });
  });

  test('canonical JSON of a log’s promise', async () => {
    const entry = fc.record({
      bodyText: fc.string({ unit: fc.constantFrom(...'ABxyz019+/='), maxLength: 40 }),
      integratedTime: fc.nat(2 ** 31),
      logId: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hex(bytes as Bytes)),
      logIndex: fc.nat(2 ** 31).map(BigInt),
    });
    const fieldsOf = ({ bodyText: body, integratedTime, logId, logIndex }: EntryOf<typeof entry>) =>
      Object.entries({ logIndex: Number(logIndex), body, logID: logId, integratedTime });
    const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 });
    await compare({
      inputs: fc.tuple(entry, order),
      ask: ([item, places]) => ({
        what: 'canonical JSON',
        bytes: utf8(
          JSON.stringify(Object.fromEntries(places.map((at) => fieldsOf(item)[at] ?? [])), null, 1),
        ),
      }),
      ours: ([item]) => ({ text: base64(promisedBytes(item)) }),
    });
  });

  test('DER of ECDSA signatures', async () => {
    const order = BigInt(`0x${hex(CURVES['P-256'].order)}`);
    const number = fc.oneof(
      fc.bigInt(0n, 2n ** 256n - 1n),
      fc.constantFrom(0n, 1n, 127n, 128n, 255n, 256n, order - 1n, order, order + 1n),
    );
    const encoding = fc.tuple(number, number, fc.constantFrom('', '', 'zero', 'long', 'tail'), fc.boolean());
    const inputs = encoding.map(([r, s, how, isLongOuter]) => {
      const inner = join(integer(r, how), integer(s, ''), how === 'tail' ? [0] : []);
      return join([0x30, ...(isLongOuter ? [0x81] : []), inner.length], inner);
    });
    await compare({
      inputs: fc.oneof(inputs, nearly(inputs)),
      ask: (bytes) => ({ what: 'ECDSA signature', bytes }),
      ours: (bytes) => {
        const raw = hex(ecdsaRaw(bytes, 'P-256'));
        return {
          r: BigInt(`0x${raw.slice(0, 64)}`).toString(16),
          s: BigInt(`0x${raw.slice(64)}`).toString(16),
        };
      },
      differences: {
        'here r and s must be between 0 and the order of the curve; there only the verification fails': (
          _,
          ours,
          theirs,
        ) => ours.refused && [theirs.r, theirs.s].some((text) => !isInside(text, order)),
      },
    });
  });

  test('DER of public keys', async () => {
    const keys = await Promise.all(
      (['P-256', 'P-384', 'P-521', 'rsa-2048', 'ed25519'] as const).map((algorithm) => makeKey(algorithm)),
    );
    await compare({
      valid: keys.map(({ spki }) => spki),
      inputs: nearly(fc.constantFrom(...keys.map(({ spki }) => spki))),
      ask: (bytes) => ({ what: 'public key', bytes }),
      ours: async (bytes) => ({ again: base64((await parsePublicKey(bytes)).spki) }),
      differences: {
        'here a key has one accepted encoding': (bytes, ours, { again }) =>
          ours.refused && again !== undefined && again !== base64(bytes),
        'here RSA has at least 2048 bits and one of two exponents': (bytes, ours, { again }) =>
          ours.refused && again !== undefined && hex(bytes).includes(RSA_OID),
        'here an Ed25519 key is a canonically encoded point of the prime-order group': (
          bytes,
          ours,
          { again },
        ) => ours.refused && again !== undefined && hex(bytes).includes(ED25519_OID),
        'here P-224 is not supported': (bytes, ours, { again }) =>
          ours.refused && again !== undefined && hex(bytes).includes(P224_OID),
      },
    });
  });

  test('certificates: the key in any certificate, and all fields of an authority’s certificate', async () => {
    const chain = (await makeTsa({ intermediates: 1 })).chain;
    const rsa = (await makeTsa({ algorithm: 'rsa-2048', issuerAlgorithm: 'P-384' })).chain;
    const valid = [...chain, ...rsa];
    const inputs = nearly(fc.constantFrom(...valid));
    const ask = (bytes: Bytes) => ({ what: 'certificate', bytes });
    await compare({
      valid,
      inputs,
      ask,
      ours: (bytes) => ({ spki: base64(certificateSpki(bytes)) }),
      differences: {
        'here only the key is extracted, and nothing is trusted': (_, ours, theirs) =>
          ours.spki !== undefined && theirs.refused,
      },
    });
    await compare({
      valid,
      inputs,
      ask,
      ours: async (bytes) => ({ spki: base64((await parsePublicKey(parseCertificate(bytes).spki)).spki) }),
      differences: {
        'here a trusted certificate may have nothing unknown': (_, ours) => ours.refused,
        'here names are compared byte for byte, and their strings are not parsed': (_, ours, { refused }) =>
          ours.spki !== undefined && /RDNSequence/.test(refused),
        'here a serial number is only compared, and may be negative': (_, ours, { refused }) =>
          ours.spki !== undefined && /serial number/.test(refused),
      },
    });
  });
});

/** The peer's result after our own normalisation. */
function normal({ domain, path, tag, digest }: Record<string, string>) {
  const registry = normalizeRegistry(domain ?? '');
  const latest = tag ?? (digest === undefined ? 'latest' : undefined);
  const full = registry === 'docker.io' && !path?.includes('/') ? `library/${path}` : path;
  return { ...(digest && { digest }), domain: registry, path: full, tag: latest };
}

/** A signature line as text, since the peer lists equal lines once. */
function lineOf({ name, hint, signature }: NoteSignature): string {
  return `${name} ${base64(join(hint, signature))}`;
}

type EntryOf<A> = A extends fc.Arbitrary<infer T> ? T : never;

/** RFC 6962: one hash for each level at which the leaf's subtree has a sibling. */
function proofLength(index: bigint, size: bigint): number {
  if (size <= 1n) return 0;
  let half = 1n;
  while (half * 2n < size) half *= 2n;
  return 1 + (index < half ? proofLength(index, half) : proofLength(index - half, size - half));
}

/** An INTEGER, valid or with a redundant zero byte or a length in two bytes. */
function integer(value: bigint, how: string): Bytes {
  const digits = value.toString(16);
  const bytes = [...Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')];
  const signed = (bytes[0] ?? 0) >= 0x80 ? [0, ...bytes] : bytes;
  const content = how === 'zero' ? [0, ...signed] : signed;
  return join([0x02, ...(how === 'long' ? [0x81] : []), content.length], content);
}

function isInside(digits: string, order: bigint): boolean {
  const value = digits.startsWith('-') ? -1n : BigInt(`0x${digits}`);
  return value > 0n && value < order;
}

function isLooseBase64(line: string): boolean {
  const bytes = Buffer.from(line, 'base64');
  return bytes.length > 0 && /^[A-Za-z0-9+/]+=*$/.test(line) && bytes.toString('base64') !== line;
}
