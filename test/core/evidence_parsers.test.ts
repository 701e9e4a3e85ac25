// Properties of the parsers of whole documents: bundles, envelopes, statements, timestamps, certificates, trusted roots.

import { parseJson } from '../../src/core/encoding/json.ts';
import { parseEnvelope } from '../../src/core/formats/dsse.ts';
import { parseStatement } from '../../src/core/formats/in_toto.ts';
import { parseBundle, UnsupportedBundle } from '../../src/core/formats/sigstore_bundle.ts';
import { UnsupportedLogBody } from '../../src/core/log/log_body.ts';
import { parseLogBody } from '../../src/core/log/parse_log_body.ts';
import { parseTimestampToken } from '../../src/core/timestamp/timestamp_token.ts';
import { parseCertificate } from '../../src/core/timestamp/x509.ts';
import { parseTrustedRoot } from '../../src/core/trust/trusted_root.ts';
import {
  bundle,
  bundleEntry,
  dsseBody,
  envelope,
  hintOf,
  intotoBody,
  statement,
} from '../support/bundles.ts';
import { base64, utf8 } from '../support/bytes.ts';
import { makeLog } from '../support/fake_log.ts';
import { makeRoot } from '../support/fake_root.ts';
import { makeTsa } from '../support/fake_tsa.ts';
import { makeKey } from '../support/keys.ts';
import { testByteParsers, testTextParsers } from '../support/parser_tests.ts';

const signer = await makeKey();
const log = await makeLog();
const tsa = await makeTsa({ intermediates: 1 });
const payload = statement(`sha256:${'a'.repeat(64)}`, { annotations: { a: 'b' } });
const signed = await envelope(signer, payload);
const given = JSON.stringify(signed);
const entry = await log.append(await dsseBody(signed, signer, given));
const token = await tsa.stamp(utf8('signature'));
const whole = bundle({
  hint: hintOf(signer),
  content: { dsseEnvelope: signed },
  tlogEntries: [bundleEntry(entry.entry)],
  timestamps: [token],
});
const message = bundle({
  content: {
    messageSignature: {
      messageDigest: { algorithm: 'SHA2_256', digest: base64(new Uint8Array(32)) },
      signature: 'AAAA',
    },
  },
  tlogEntries: [bundleEntry(entry.entry)],
});
const root = (await makeRoot('parsers')).document;

testByteParsers([
  {
    name: 'Sigstore bundle',
    parse: (bytes) => parseBundle(bytes),
    valid: [utf8(JSON.stringify(whole)), utf8(JSON.stringify(message))],
    errors: [UnsupportedBundle],
  },
  { name: 'DSSE envelope', parse: parseEnvelope, valid: [utf8(JSON.stringify(signed))] },
  { name: 'in-toto statement', parse: parseStatement, valid: [payload] },
  {
    name: 'log body of an envelope',
    parse: parseLogBody,
    valid: [
      utf8(await dsseBody(signed, signer, given)),
      utf8(await intotoBody('0.0.2', signed, signer, given)),
    ],
    errors: [UnsupportedLogBody],
  },
  { name: 'timestamp token', parse: parseTimestampToken, valid: [token] },
  { name: 'certificate of an authority', parse: parseCertificate, valid: tsa.chain },
]);

testTextParsers([
  {
    name: 'trusted root',
    parse: (text) => parseTrustedRoot(parseJson(text, 'trusted root')),
    valid: [JSON.stringify(root)],
  },
]);
