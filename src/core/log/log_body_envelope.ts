// `dsse` 0.0.1 and `intoto` 0.0.1 and 0.0.2 of Rekor v1 (sigstore/rekor pkg/types/dsse, pkg/types/intoto): the log hashes the envelope
// as submitted, stores its signature (except in intoto 0.0.1), and omits the payload.
import { type Bytes, fromBase64, fromUtf8 } from '../encoding/bytes.ts';
import type { JsonObject } from '../encoding/json.ts';
import { asArray, asObject, asString, exactFields } from '../encoding/json_fields.ts';
import { Malformed } from '../encoding/malformed.ts';
import { asBytes } from '../encoding/protobuf_json.ts';
import type { EnvelopeBody } from './log_body.ts';
import { readPemKey, readStatedHash } from './log_body_fields.ts';

export function readEnvelopeBody(
  kind: 'dsse' | 'intoto',
  version: '0.0.1' | '0.0.2',
  spec: JsonObject,
): EnvelopeBody {
  if (kind === 'dsse') return readDsse(spec);
  return version === '0.0.1' ? readInToto1(spec) : readInToto2(spec);
}

function readDsse(spec: JsonObject): EnvelopeBody {
  exactFields(spec, 'spec', ['envelopeHash', 'payloadHash', 'signatures']);
  const one = onlySignature(spec.signatures, 'spec.signatures');
  exactFields(one, 'spec.signatures[0]', ['signature', 'verifier']);
  return {
    about: 'envelope',
    kind: 'dsse',
    version: '0.0.1',
    signature: asBytes(one.signature, 'spec.signatures[0].signature'),
    envelopeHash: readStatedHash(spec.envelopeHash, 'spec.envelopeHash'),
    payloadHash: readStatedHash(spec.payloadHash, 'spec.payloadHash'),
    ...readPemKey(one.verifier, 'spec.signatures[0].verifier'),
  };
}

function readInToto1(spec: JsonObject): EnvelopeBody {
  exactFields(spec, 'spec', ['content', 'publicKey']);
  const content = asObject(spec.content, 'spec.content');
  exactFields(content, 'spec.content', ['hash'], ['payloadHash']);
  return {
    about: 'envelope',
    kind: 'intoto',
    version: '0.0.1',
    envelopeHash: readStatedHash(content.hash, 'spec.content.hash'),
    ...(content.payloadHash !== undefined && {
      payloadHash: readStatedHash(content.payloadHash, 'spec.content.payloadHash'),
    }),
    ...readPemKey(spec.publicKey, 'spec.publicKey'),
  };
}

function readInToto2(spec: JsonObject): EnvelopeBody {
  exactFields(spec, 'spec', ['content']);
  const content = asObject(spec.content, 'spec.content');
  exactFields(content, 'spec.content', ['envelope', 'hash', 'payloadHash']);
  const envelope = asObject(content.envelope, 'spec.content.envelope');
  // Rekor omits the payload. If a log includes it, it is ignored: the payload's hash is what counts.
  exactFields(envelope, 'spec.content.envelope', ['payloadType', 'signatures'], ['payload']);
  asString(envelope.payloadType, 'payloadType');
  const one = onlySignature(envelope.signatures, 'signatures');
  exactFields(one, 'signatures[0]', ['publicKey', 'sig'], ['keyid']);
  return {
    about: 'envelope',
    kind: 'intoto',
    version: '0.0.2',
    signature: fromBase64Twice(one.sig, 'signatures[0].sig'),
    envelopeHash: readStatedHash(content.hash, 'spec.content.hash'),
    payloadHash: readStatedHash(content.payloadHash, 'spec.content.payloadHash'),
    ...readPemKey(one.publicKey, 'signatures[0].publicKey'),
  };
}

function onlySignature(value: Parameters<typeof asArray>[0], what: string): JsonObject {
  const signatures = asArray(value, what);
  if (signatures.length !== 1) throw new Malformed(what, `has ${signatures.length}; exactly one is accepted`);
  return asObject(signatures[0], `${what}[0]`);
}

/** Rekor base64-encodes the envelope's signature, already base64 text, a second time. */
function fromBase64Twice(value: Parameters<typeof asBytes>[0], what: string): Bytes {
  const bytes = fromBase64(fromUtf8(asBytes(value, what), what), what);
  if (bytes.length === 0) throw new Malformed(what, 'is empty');
  return bytes;
}
