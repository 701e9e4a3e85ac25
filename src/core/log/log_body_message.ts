// `rekord` and `hashedrekord` 0.0.1 of Rekor v1 (sigstore/rekor pkg/types), and `hashedrekord` 0.0.2 of Rekor v2
// (sigstore/rekor-tiles api/proto/rekor/v2/hashedrekord.proto, in protobuf's JSON form).
import { certificateSpki } from '../crypto/certificate.ts';
import { HASH_NAMES } from '../crypto/digest.ts';
import { readHashOutput } from '../crypto/hash_output.ts';
import type { JsonObject } from '../encoding/json.ts';
import { asObject, asString, exactFields } from '../encoding/json_fields.ts';
import { asBytes } from '../encoding/protobuf_json.ts';
import type { MessageBody } from './log_body.ts';
import { readPemKey, readStatedHash } from './log_body_fields.ts';

export function readMessageBody(kind: 'rekord' | 'hashedrekord', spec: JsonObject): MessageBody {
  exactFields(spec, 'spec', ['data', 'signature']);
  const data = asObject(spec.data, 'spec.data');
  exactFields(data, 'spec.data', ['hash']);
  const signature = asObject(spec.signature, 'spec.signature');
  exactFields(signature, 'spec.signature', [
    'content',
    'publicKey',
    ...(kind === 'rekord' ? ['format'] : []),
  ]);
  const publicKey = asObject(signature.publicKey, 'spec.signature.publicKey');
  exactFields(publicKey, 'spec.signature.publicKey', ['content']);
  return {
    about: 'message',
    kind,
    version: '0.0.1',
    signature: asBytes(signature.content, 'spec.signature.content'),
    hash: readStatedHash(data.hash, 'spec.data.hash', kind === 'rekord' ? ['sha256'] : HASH_NAMES),
    ...readPemKey(publicKey.content, 'spec.signature.publicKey.content'),
  };
}

export function readMessageBodyV2(spec: JsonObject): MessageBody {
  exactFields(spec, 'spec', ['hashedRekordV002']);
  const record = asObject(spec.hashedRekordV002, 'hashedRekordV002');
  exactFields(record, 'hashedRekordV002', ['data', 'signature']);
  const data = asObject(record.data, 'data');
  exactFields(data, 'data', ['algorithm', 'digest']);
  const hash = readHashOutput(data, 'data');
  const signature = asObject(record.signature, 'signature');
  exactFields(signature, 'signature', ['content', 'verifier']);
  const verifier = asObject(signature.verifier, 'verifier');
  const isCertificate = verifier.x509Certificate !== undefined;
  const holder = isCertificate ? 'x509Certificate' : 'publicKey';
  exactFields(verifier, 'verifier', ['keyDetails', holder]);
  const material = asObject(verifier[holder], holder);
  exactFields(material, holder, ['rawBytes']);
  const rawBytes = asBytes(material.rawBytes, `${holder}.rawBytes`);
  return {
    about: 'message',
    kind: 'hashedrekord',
    version: '0.0.2',
    signature: asBytes(signature.content, 'signature.content'),
    hash,
    keySpki: isCertificate ? certificateSpki(rawBytes) : rawBytes,
    isCertificate,
    keyDetails: asString(verifier.keyDetails, 'keyDetails'),
  };
}
