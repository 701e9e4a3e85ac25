// Mutants that are signed and logged anew: signature, promise and proof are genuine, and only the signed content is wrong.
import { derInteger, der as encodeDer, twinSignature } from '../../test/support/keys.ts';
import { JSON_TEXT, wrongValues } from './encodings.ts';
import {
  attach,
  type ClassicTwist,
  type EnvelopeTwist,
  type Forger,
  makeForger,
  plainImage,
  refer,
} from './forge.ts';
import type { Vector } from './make.ts';
import type { Mutant } from './mutations.ts';
import type { Workbench } from './workbench.ts';

// biome-ignore lint/suspicious/noExplicitAny: documents are edited into forms that no type allows
type Json = any;

/** A placeholder: cosign's verdict on a mutant is always asked anew. */
const UNASKED: Vector['cosign'] = { exitCode: -1, stdout: '', reason: '' };

const OTHER = `sha256:${'0'.repeat(64)}`;
const SIGN = 'https://sigstore.dev/cosign/sign/v1';
const PREDICATE = 'https://predicate.example/v1';

export async function signedAnew(bench: Workbench): Promise<Mutant[]> {
  const forger = await makeForger(bench);
  return [...(await payloads(forger)), ...(await signaturesAndBodies(forger)), ...(await statements(forger))];
}

function edited(document: Json, edit: (copy: Json) => void): Json {
  const copy = structuredClone(document);
  edit(copy);
  return copy;
}

/** The name has a number, not the change, since a repository's name allows few characters. */
function mutant(change: string, number: number, rest: Omit<Vector, 'name' | 'cosign' | 'key'>): Mutant {
  const name = `signed-anew-${rest.log}-${rest.ask}-${number}`;
  return {
    ...rest,
    name,
    change: `signed anew, ${rest.log}, ${rest.ask}: ${change}`,
    key: 'p256',
    cosign: UNASKED,
  };
}

let count = 0;

async function oldMutant(
  forger: Forger,
  name: string,
  twist: (reference: string) => ClassicTwist,
): Promise<Mutant> {
  const image = plainImage(name);
  await attach(forger, image, JSON.stringify(honestPayload(image.digest)), twist(image.digest));
  return mutant(name, count++, { ask: 'image', log: 'v1', digest: image.digest, layout: image.layout });
}

function honestPayload(reference: string): Json {
  return {
    critical: {
      identity: { 'docker-reference': 'registry.example/app' },
      image: { 'docker-manifest-digest': reference },
      type: 'cosign container image signature',
    },
    optional: null,
  };
}

async function payloads(forger: Forger): Promise<Mutant[]> {
  const found: Mutant[] = [await oldMutant(forger, 'honest', () => ({}))];
  const add = async (name: string, write: (reference: string) => string) =>
    found.push(await oldMutant(forger, `payload ${name}`, (reference) => ({ payload: write(reference) })));
  const changed = async (name: string, edit: (copy: Json, reference: string) => void) =>
    add(name, (reference) =>
      JSON.stringify(edited(honestPayload(reference), (copy) => edit(copy, reference))),
    );
  for (const [name, rewrite] of JSON_TEXT)
    await add(name, (reference) => rewrite(JSON.stringify(honestPayload(reference))));
  for (const path of [
    'critical',
    'critical.identity',
    'critical.identity.docker-reference',
    'critical.image',
    'critical.image.docker-manifest-digest',
    'critical.type',
    'optional',
  ]) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const holder = (copy: Json) => keys.reduce((value, key) => value[key], copy);
    await changed(`${path} dropped`, (copy) => delete holder(copy)[last]);
    for (const [what] of wrongValues(
      path.split('.').reduce((value, key) => value[key], honestPayload(OTHER)),
    ))
      await changed(`${path} ${what}`, (copy) => {
        holder(copy)[last] = wrongValues(holder(copy)[last]).find(([name]) => name === what)?.[1];
      });
    await add(`${path} twice, the last null`, (reference) => twice(reference, path, 'null', false));
    await add(`${path} twice, the first null`, (reference) => twice(reference, path, 'null', true));
    await add(`${path} in other letters`, (reference) =>
      JSON.stringify(honestPayload(reference)).replace(
        `"${last}"`,
        `"${last.charAt(0).toUpperCase()}${last.slice(1)}"`,
      ),
    );
  }
  await changed('of another image', (copy) => (copy.critical.image['docker-manifest-digest'] = OTHER));
  await changed(
    'of both images, the other one last',
    (copy) => (copy.critical.image['Docker-manifest-digest'] = OTHER),
  );
  await changed(
    'digest with a line break',
    (copy, reference) => (copy.critical.image['docker-manifest-digest'] = `${reference}\n`),
  );
  await changed(
    'digest without its algorithm',
    (copy, reference) => (copy.critical.image['docker-manifest-digest'] = reference.slice(7)),
  );
  await changed('atomic container signature', (copy) => (copy.critical.type = 'atomic container signature'));
  await changed('an unknown critical field', (copy) => (copy.critical.must = 'understand'));
  await changed(
    'optional of every type',
    (copy) => (copy.optional = { a: 1, b: null, c: [true], d: { e: 'f' }, g: 1.5e300 }),
  );
  await changed(
    'optional deep',
    (copy) => (copy.optional = JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`)),
  );
  return found;
}

/** The payload with one field written twice. */
function twice(reference: string, path: string, other: string, first: boolean): string {
  const text = JSON.stringify(honestPayload(reference));
  const name = JSON.stringify(path.split('.').at(-1));
  const value = JSON.stringify(path.split('.').reduce((value, key) => value[key], honestPayload(reference)));
  const pair = `${name}:${value}`;
  return text.replace(pair, () => (first ? `${name}:${other},${pair}` : `${pair},${name}:${other}`));
}

async function signaturesAndBodies(forger: Forger): Promise<Mutant[]> {
  const found: Mutant[] = [];
  const add = async (name: string, twist: ClassicTwist) =>
    found.push(await oldMutant(forger, name, () => twist));
  const parts = (signature: Uint8Array) => {
    const r = signature.subarray(4, 4 + (signature[3] ?? 0));
    const s = signature.subarray(6 + r.length);
    return [r, s] as const;
  };
  const raw = (bytes: Uint8Array) =>
    Buffer.from(
      bytes.length > 32 ? bytes.subarray(1) : Buffer.concat([Buffer.alloc(32 - bytes.length), bytes]),
    );
  await add('signature as r and s alone', {
    signature: (signature) => Buffer.concat(parts(signature).map(raw)),
  });
  await add('its twin (r, n − s)', { signature: (signature) => twinSignature(signature) });
  await add('signature with a byte behind', {
    signature: (signature) => Buffer.concat([signature, Buffer.of(0)]),
  });
  await add('signature with a long length', {
    signature: (signature) => Buffer.concat([Buffer.of(0x30, 0x81), signature.subarray(1)]),
  });
  await add('signature with a zero to spare', {
    signature: (signature) => {
      const [r, s] = parts(signature);
      return encodeDer(0x30, encodeDer(2, [0], r), encodeDer(2, s));
    },
  });
  await add('signature with a third number', {
    signature: (signature) => {
      const [r, s] = parts(signature);
      return encodeDer(0x30, encodeDer(2, r), encodeDer(2, s), derInteger(Uint8Array.of(1)));
    },
  });
  const json = (edit: (body: Json) => void) => (body: string) =>
    JSON.stringify(edited(JSON.parse(body), edit));
  const bodies: [string, (body: Json) => void][] = [
    ['body of another kind', (body) => (body.kind = 'helm')],
    ['body of kind rekord', (body) => (body.kind = 'rekord')],
    ['body of version 0.0.2', (body) => (body.apiVersion = '0.0.2')],
    ['body of version 1', (body) => (body.apiVersion = '1')],
    ['body without a version', (body) => delete body.apiVersion],
    ['body without a hash', (body) => delete body.spec.data.hash],
    ['body without data', (body) => delete body.spec.data],
    ['body of another hash', (body) => (body.spec.data.hash.value = '0'.repeat(64))],
    [
      'body of a hash in upper case',
      (body) => (body.spec.data.hash.value = body.spec.data.hash.value.toUpperCase()),
    ],
    ['body of algorithm SHA256', (body) => (body.spec.data.hash.algorithm = 'SHA256')],
    ['body of algorithm sha512', (body) => (body.spec.data.hash.algorithm = 'sha512')],
    ['body without an algorithm', (body) => delete body.spec.data.hash.algorithm],
    ['body of another signature', (body) => (body.spec.signature.content = 'MAYCAQECAQE=')],
    ['body without a signature', (body) => delete body.spec.signature],
    ['body without a key', (body) => delete body.spec.signature.publicKey],
    ['body of a key that is none', (body) => (body.spec.signature.publicKey.content = btoa('key'))],
    [
      'body of a key in DER',
      (body) => (body.spec.signature.publicKey.content = Buffer.from(forger.signer.spki).toString('base64')),
    ],
    [
      'body of two keys',
      (body) =>
        (body.spec.signature.publicKey.content = btoa(atob(body.spec.signature.publicKey.content).repeat(2))),
    ],
    [
      'body of a key with text before',
      (body) =>
        (body.spec.signature.publicKey.content = btoa(
          `key:\n${atob(body.spec.signature.publicKey.content)}`,
        )),
    ],
    [
      'body of a key with text behind',
      (body) =>
        (body.spec.signature.publicKey.content = btoa(`${atob(body.spec.signature.publicKey.content)}key`)),
    ],
    [
      'body of a key with CR LF',
      (body) =>
        (body.spec.signature.publicKey.content = btoa(
          atob(body.spec.signature.publicKey.content).replaceAll('\n', '\r\n'),
        )),
    ],
    [
      'body of a key without a last newline',
      (body) =>
        (body.spec.signature.publicKey.content = btoa(atob(body.spec.signature.publicKey.content).trim())),
    ],
    [
      'body of a key called EC',
      (body) =>
        (body.spec.signature.publicKey.content = btoa(
          atob(body.spec.signature.publicKey.content).replaceAll('PUBLIC KEY', 'EC PUBLIC KEY'),
        )),
    ],
    [
      "body of the log's own key",
      (body) => (body.spec.signature.publicKey.content = btoa(forger.bench.logs.v1.signer.pem)),
    ],
    ['body with an unknown field', (body) => (body.unknown = 1)],
    ['body with an unknown field in spec', (body) => (body.spec.unknown = 1)],
    ['body with a URL of the data', (body) => (body.spec.data.url = 'https://data.example')],
  ];
  for (const [name, edit] of bodies) await add(name, { body: json(edit) });
  for (const [name, rewrite] of JSON_TEXT) await add(`body ${name}`, { body: rewrite });
  await add('body with its names in another order', {
    body: (body) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body)).reverse())),
  });
  await add('body with its kind twice', { body: (body) => body.replace('"kind"', '"kind":"helm","kind"') });
  for (const [name, time] of [
    ['in 1970', 0],
    ['before the log began', 1_700_000_000],
    ['in the year 2100', 4_102_444_800],
    ['before 1970', -1],
  ] as const)
    await add(`logged ${name}`, { time });
  for (const [name, logIndex] of [
    ['0', 0],
    ['2^31', 2 ** 31],
    ['2^53 − 1', 2 ** 53 - 1],
    ['−1', -1],
  ] as const)
    await add(`entry number ${name}`, { entry: (entry) => ({ ...entry, logIndex }) });
  return found;
}

async function statements(forger: Forger): Promise<Mutant[]> {
  const found: Mutant[] = [];
  for (const log of ['v1', 'v2'] as const) {
    const add = async (
      name: string,
      twist: (honest: Json) => EnvelopeTwist,
      ask: 'image' | 'attestation' = 'image',
    ) => {
      const image = plainImage(`${name} ${log} ${ask}`);
      const { digest, layout } = image;
      const statement = {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ digest: { sha256: digest.slice(7) } }],
        predicateType: ask === 'image' ? SIGN : PREDICATE,
        predicate: {},
      };
      await refer(forger, image, JSON.stringify(statement), log, twist(statement));
      const type = ask === 'image' ? {} : { type: PREDICATE };
      found.push(mutant(`bundle, ${name}`, count++, { ask, log, digest, layout, ...type }));
    };
    const changed = (edit: (copy: Json) => void) => (honest: Json) => ({
      statement: JSON.stringify(edited(honest, edit)),
    });
    await add('honest', () => ({}));
    await add('honest attestation', () => ({}), 'attestation');
    for (const field of ['_type', 'subject', 'predicateType', 'predicate']) {
      await add(
        `${field} dropped`,
        changed((copy) => delete copy[field]),
      );
      for (const [what] of wrongValues(field === 'predicate' || field === 'subject' ? {} : ''))
        await add(
          `${field} ${what}`,
          changed((copy) => (copy[field] = wrongValues(copy[field]).find(([name]) => name === what)?.[1])),
        );
      await add(`${field} twice, the last null`, (honest) => ({
        statement: JSON.stringify(honest).replace(/\}$/, `,"${field}":null}`),
      }));
    }
    for (const [name, rewrite] of JSON_TEXT)
      await add(`statement ${name}`, (honest) => ({ statement: rewrite(JSON.stringify(honest)) }));
    const subject = (edit: (copy: Json, subjects: Json[]) => void) =>
      changed((copy) => edit(copy.subject[0], copy.subject));
    const cases: [string, (honest: Json) => EnvelopeTwist][] = [
      ['statement of v0.1', changed((copy) => (copy._type = 'https://in-toto.io/Statement/v0.1'))],
      ['statement of another type', changed((copy) => (copy._type = 'https://in-toto.io/Statement/v9'))],
      ['another predicate type', changed((copy) => (copy.predicateType = 'https://slsa.dev/provenance/v1'))],
      ['predicate type with a slash behind', changed((copy) => (copy.predicateType += '/'))],
      ['a second subject before', subject((_, all) => all.unshift({ digest: { sha256: '0'.repeat(64) } }))],
      ['a second subject behind', subject((_, all) => all.push({ digest: { sha256: '0'.repeat(64) } }))],
      ['an empty subject before', subject((_, all) => all.unshift({}))],
      ['a broken subject behind', subject((_, all) => all.push({ digest: { sha256: 'xyz' } }))],
      ['a null subject behind', subject((_, all) => all.push(null))],
      ['a digest in upper case', subject((copy) => (copy.digest.sha256 = copy.digest.sha256.toUpperCase()))],
      ['a digest called SHA256', subject((copy) => (copy.digest = { SHA256: copy.digest.sha256 }))],
      ['a digest called sha512', subject((copy) => (copy.digest = { sha512: copy.digest.sha256 }))],
      ['a further digest', subject((copy) => (copy.digest.sha512 = 'ab'.repeat(64)))],
      ['a further digest of no known kind', subject((copy) => (copy.digest.gitCommit = 'ab'.repeat(20)))],
      ['a digest cut short', subject((copy) => (copy.digest.sha256 = copy.digest.sha256.slice(0, 62)))],
      [
        'a digest with its algorithm',
        subject((copy) => (copy.digest.sha256 = `sha256:${copy.digest.sha256}`)),
      ],
      ['a subject of another image', subject((copy) => (copy.digest.sha256 = '0'.repeat(64)))],
      ['a subject with a name', subject((copy) => (copy.name = 'elsewhere'))],
      ['a subject with an unknown field', subject((copy) => (copy.unknown = 1))],
      [
        'a thousand more subjects',
        subject((_, all) => all.push(...Array(1000).fill({ digest: { sha256: '0'.repeat(64) } }))),
      ],
      [
        'two thousand more subjects',
        subject((_, all) => all.push(...Array(2000).fill({ digest: { sha256: '0'.repeat(64) } }))),
      ],
      [
        'forty digests',
        subject((copy) => {
          for (let n = 0; n < 40; n++) copy.digest[`x${n}`] = 'ab';
        }),
      ],
      [
        'annotations of every type',
        subject((copy) => (copy.annotations = { a: 1, b: null, c: [true], d: 'e' })),
      ],
      ['an unknown field in the statement', changed((copy) => (copy.unknown = 1))],
      ['another payload type', () => ({ payloadType: 'application/json' })],
      [
        'payload type with parameters',
        () => ({ payloadType: 'application/vnd.in-toto+json; charset=utf-8' }),
      ],
      [
        'payload type of in-toto provenance',
        () => ({ payloadType: 'application/vnd.in-toto.provenance+dsse' }),
      ],
      ['no payload type', () => ({ payloadType: '' })],
      ['the signature twice', () => ({ signatures: (one) => [one, one] })],
      ['a broken signature before', () => ({ signatures: (one) => [{ sig: 'MAYCAQECAQE=' }, one] })],
      ['a broken signature behind', () => ({ signatures: (one) => [one, { sig: 'MAYCAQECAQE=' }] })],
      [
        "a key id that is the key's hash",
        () => ({ signatures: (one) => [{ ...one, keyid: forger.signer.fingerprint.slice(7) }] }),
      ],
      ['an empty key id', () => ({ signatures: (one) => [{ ...one, keyid: '' }] })],
    ];
    for (const [name, twist] of cases) {
      await add(name, twist);
      await add(name, twist, 'attestation');
    }
  }
  return found;
}
