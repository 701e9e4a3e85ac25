// The forms of signatures that callers send: how they are told apart, what they become, and how large they may be.
import { describe, expect, test } from 'vitest';
import type { AppContext } from '../../../src/http/context.ts';
import { heldEvidence, heldEvidenceIn, readHeldEvidence } from '../../../src/http/request/held_evidence.ts';
import { base64, utf8 } from '../../support/bytes.ts';

const KB = 1024;
/** What a body without an envelope may weigh. */
const MOST = 2 * 256 * KB + 512 * KB;
const ENVELOPE = '{"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[]}';
const PAYLOAD = '{"critical":{}}';
const encoded = (text: string) => base64(utf8(text));
const layer = (payload: string, more: object = {}) => ({
  payload: encoded(payload),
  signature: 'c2ln',
  ...more,
});
const held = (document: object) => heldEvidenceIn(utf8(JSON.stringify(document)), 'body');
const mistake = (code: string, text = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(text) });

/** Reads the text as the body of a request. */
function sent(text: string) {
  const { body } = new Response(text);
  const header = (name: string) => (name === 'Content-Type' ? 'application/json' : undefined);
  return readHeldEvidence({
    req: { header, raw: { body } },
    get: () => () => 10_000,
  } as unknown as AppContext);
}

describe('a bundle', () => {
  test.each(['mediaType', 'verificationMaterial', 'messageSignature', 'dsseEnvelope'])(
    'is known by its field %s',
    (name) => {
      const text = JSON.stringify({ [name]: {}, payload: '' });
      const read = { [name]: {}, payload: '' };
      expect(heldEvidenceIn(utf8(text), 'body')).toEqual({
        form: 'sigstore-bundle',
        bundle: utf8(text),
        read,
      });
    },
  );

  test('keeps its own bytes, and is judged even if its numbers are written otherwise', () => {
    const text = '{ "mediaType": "x",\n "a": 1e0 }';
    expect(heldEvidenceIn(utf8(text), 'body')).toEqual({ form: 'sigstore-bundle', bundle: utf8(text) });
  });

  test('in a larger document is written out again', () => {
    const value = { mediaType: 'x' };
    expect(heldEvidence(value)).toEqual({
      form: 'sigstore-bundle',
      bundle: utf8('{"mediaType":"x"}'),
      read: value,
    });
  });
});

describe('a layer', () => {
  test('is a signature, or an attestation if its payload is an envelope', () => {
    expect(held(layer(PAYLOAD))).toEqual({
      form: 'simple-signing',
      payload: utf8(PAYLOAD),
      signature: 'c2ln',
    });
    expect(held(layer(ENVELOPE, { signature: '' }))).toEqual({
      form: 'dsse',
      envelope: utf8(ENVELOPE),
      signature: '',
    });
  });

  test('has beside it what cosign stores, as text or as the JSON in that', () => {
    const beside = { certificate: 'PEM', bundle: '{"a":1}', rfc3161timestamp: { b: 2 } };
    const expected = { logBundle: '{"a":1}', certificate: 'PEM', timestamp: '{"b":2}' };
    expect(held(layer(PAYLOAD, beside))).toMatchObject(expected);
    expect(held(layer(ENVELOPE, beside))).toMatchObject({ form: 'dsse', ...expected });
    const nothing = { certificate: null, bundle: null, rfc3161timestamp: null };
    expect(Object.keys(held(layer(PAYLOAD, nothing)))).toEqual(['form', 'payload', 'signature']);
  });

  test.each<[string, object | string]>([
    ['an envelope itself', ENVELOPE],
    ['nothing that is known', '{}'],
    ['a list', '[]'],
    ['without a signature', { payload: '' }],
    ['with another field', layer(PAYLOAD, { sig: '' })],
    ['with a payload that is not base64', { payload: '?', signature: '' }],
    ['with a number that is not written as an integer', '{"payload":"","signature":"","bundle":{"a":1e0}}'],
    ['not JSON', '{'],
  ])('is not %s', (_, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(() => heldEvidenceIn(utf8(text), 'body')).toThrow(mistake('BAD_REQUEST'));
  });

  test('has a payload of at most 256 KiB, unless it is an envelope', () => {
    const most = 'x'.repeat(256 * KB);
    expect(held(layer(most))).toMatchObject({ form: 'simple-signing' });
    expect(() => held(layer(`${most}x`))).toThrow(
      mistake('TOO_LARGE', 'payload: is larger than 262144 bytes'),
    );
    expect(held(layer(ENVELOPE.padEnd(300 * KB)))).toMatchObject({ form: 'dsse' });
  });
});

describe('an old bundle of cosign', () => {
  test('is a signature of a file, or an attestation if it is an envelope', () => {
    const beside = { cert: 'PEM', rekorBundle: { a: 1 } };
    const expected = { logBundle: '{"a":1}', certificate: 'PEM' };
    expect(held({ base64Signature: 'c2ln', ...beside })).toEqual({
      form: 'blob',
      signature: 'c2ln',
      ...expected,
    });
    expect(held({ base64Signature: encoded(ENVELOPE), ...beside })).toEqual({
      form: 'dsse',
      envelope: utf8(ENVELOPE),
      signature: '',
      ...expected,
    });
    // An envelope that cannot be read, here an ambiguous one, is judged as an envelope and not as an odd signature.
    for (const broken of [ENVELOPE.replace('{', '{"payload":"",'), ENVELOPE.slice(0, -1), '{}']) {
      const evidence = { form: 'dsse', envelope: utf8(broken), signature: '' };
      expect(held({ base64Signature: encoded(broken) })).toEqual(evidence);
    }
    const likeText = base64(new Uint8Array([0x7b, 0xff]));
    expect(held({ base64Signature: likeText })).toEqual({ form: 'blob', signature: likeText });
    // What is wrong with a signature is for the verdict to say.
    expect(held({ base64Signature: '?' })).toEqual({ form: 'blob', signature: '?' });
  });
});

describe('a body', () => {
  const padded = (document: object, length: number) => JSON.stringify(document).padEnd(length);

  test.each<[string, object]>([
    ['simple-signing', layer(PAYLOAD)],
    ['blob', { base64Signature: 'c2ln' }],
  ])('with a signature in the form %s may weigh 1 MiB', async (form, document) => {
    expect(await sent(padded(document, MOST))).toMatchObject({ form });
    await expect(sent(padded(document, MOST + 1))).rejects.toEqual(mistake('TOO_LARGE', String(MOST)));
  });

  test.each<[string, (envelope: string) => object]>([
    ['a layer', (payload) => ({ payload, signature: '' })],
    ['an old bundle', (base64Signature) => ({ base64Signature })],
  ])('with an envelope in %s may weigh as much beside that', async (_, around) => {
    const envelope = encoded(ENVELOPE.padEnd(900 * KB));
    const document = around(envelope);
    expect(await sent(padded(document, envelope.length + MOST))).toMatchObject({ form: 'dsse' });
    await expect(sent(padded(document, envelope.length + MOST + 1))).rejects.toEqual(mistake('TOO_LARGE'));
  });

  test('with a bundle may be larger', async () => {
    expect(await sent(padded({ mediaType: 'x' }, MOST + 1))).toMatchObject({ form: 'sigstore-bundle' });
  });
});
