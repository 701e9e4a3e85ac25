// entry-kind, entry-signature, entry-payload, entry-key: the log entry is about this very signature, payload and key. A genuine entry
// about something else proves nothing (CVE-2022-36056).

import { type Finding, fail, pass, type Step } from '../checks.ts';
import { isLoggedAs } from '../crypto/key_details.ts';
import { type Message, messageHash } from '../crypto/message.ts';
import { equalBytes, toHex } from '../encoding/bytes.ts';
import { Malformed } from '../encoding/malformed.ts';
import { type Content, Unreadable } from '../evidence/reading.ts';
import {
  type EnvelopeBody,
  type LogBody,
  type MessageBody,
  type StatedHash,
  UnsupportedLogBody,
} from '../log/log_body.ts';
import type { FoundEntry, Signer, Verification } from '../verification.ts';
import { forEachEntry, hasEntries } from './log_entries.ts';

export const entryKind: Step<Verification> = {
  name: 'entry-kind',
  applies: hasEntries,
  run: (state) => forEachEntry(state, (item) => checkKind(state, item)),
};

function checkKind(state: Verification, { body, entry, log }: FoundEntry): Finding {
  const { content, signer } = established(state);
  const expected = kindsFor(content, log.version).join(' or ');
  if (body instanceof UnsupportedLogBody)
    return fail('LOG_ENTRY_KIND_UNSUPPORTED', { expected, actual: body.message });
  if (body instanceof Malformed)
    return fail('LOG_ENTRY_MALFORMED', { expected, actual: body.message, source: 'body' });
  const actual = `${body.kind} ${body.version}`;
  if (entry.stated !== undefined && `${entry.stated.kind} ${entry.stated.version}` !== actual) {
    const stated = `${entry.stated.kind} ${entry.stated.version}`;
    return fail('LOG_ENTRY_MALFORMED', { expected: stated, actual, source: 'kindVersion' });
  }
  if (!kindsFor(content, log.version).includes(actual))
    return fail('LOG_ENTRY_KIND_UNSUPPORTED', { expected, actual });
  if (body.kind === 'hashedrekord' && signer.hash === 'none') {
    return fail('ALGORITHM_MISMATCH', {
      expected: 'an entry kind that contains the whole payload',
      actual: 'hashedrekord with pure Ed25519',
    });
  }
  return pass({ expected, actual });
}

/** The entry kinds and versions that a log of this version stores for such content, and that cover all of it. */
function kindsFor(content: Content, version: 1 | 2): string[] {
  if (version === 2) return ['hashedrekord 0.0.2'];
  if (content.kind !== 'envelope') return ['rekord 0.0.1', 'hashedrekord 0.0.1'];
  const kinds = ['dsse 0.0.1', 'intoto 0.0.2', 'hashedrekord 0.0.1'];
  // intoto 0.0.1 identifies the signature only by the envelope's hash, which requires the envelope as submitted to the log.
  return content.given === undefined ? kinds : [...kinds, 'intoto 0.0.1'];
}

export const entrySignature: Step<Verification> = {
  name: 'entry-signature',
  applies: hasEntries,
  run: (state) =>
    forEachEntry(state, async (item) => {
      const { body, content } = readBody(state, item);
      const { signature } = state;
      if (body.signature === undefined) {
        if (content.kind !== 'envelope' || content.given === undefined)
          throw new TypeError('entry-kind has not passed');
        return compareHash(
          content.given,
          (body as EnvelopeBody).envelopeHash,
          'content.hash',
          'ENTRY_SIGNATURE_MISMATCH',
        );
      }
      const compared = { expected: 'the signature that was verified', source: 'signature' };
      return !(signature instanceof Malformed) && equalBytes(body.signature, signature)
        ? pass(compared)
        : fail('ENTRY_SIGNATURE_MISMATCH', { ...compared, actual: 'a different signature' });
    }),
};

export const entryPayload: Step<Verification> = {
  name: 'entry-payload',
  applies: hasEntries,
  run: (state) =>
    forEachEntry(state, (item) => {
      const { body, content, signer } = readBody(state, item);
      return body.about === 'message'
        ? checkMessage(state.signed, body, signer)
        : checkEnvelope(content, body);
    }),
};

async function checkMessage(signed: Message, { kind, hash }: MessageBody, signer: Signer): Promise<Finding> {
  // A hashedrekord's hash is the one that was signed. With a different hash, the log verified a different signature.
  if (kind === 'hashedrekord' && hash.algorithm !== signer.hash) {
    return fail('ALGORITHM_MISMATCH', {
      expected: signer.hash,
      actual: hash.algorithm,
      source: 'data.hash.algorithm',
    });
  }
  return compareHash(signed, hash, 'data.hash', 'ENTRY_PAYLOAD_MISMATCH');
}

/** Compares the payload's hash if the body has one, and the envelope's hash if the envelope is available as submitted to the log. */
async function checkEnvelope(
  content: Content,
  { envelopeHash, payloadHash }: EnvelopeBody,
): Promise<Finding> {
  if (content.kind !== 'envelope') throw new TypeError('entry-kind has not passed');
  const { payload, given } = content;
  if (given !== undefined) {
    const finding = await compareHash(given, envelopeHash, 'envelope hash', 'ENTRY_PAYLOAD_MISMATCH');
    if (!finding.pass || payloadHash === undefined) return finding;
  }
  if (payloadHash === undefined) throw new TypeError('an entry kind without the payload’s hash');
  return compareHash(payload, payloadHash, 'payloadHash', 'ENTRY_PAYLOAD_MISMATCH');
}

async function compareHash(
  message: Message,
  { algorithm, hash }: StatedHash,
  source: string,
  code: 'ENTRY_PAYLOAD_MISMATCH' | 'ENTRY_SIGNATURE_MISMATCH',
): Promise<Finding> {
  const own = await messageHash(message, algorithm);
  const actual = `${algorithm}:${toHex(hash)}`;
  if (own === undefined)
    return fail('ALGORITHM_NEEDS_ARTIFACT', { expected: `the artifact's ${algorithm}`, actual, source });
  const compared = { expected: `${algorithm}:${toHex(own)}`, actual, source };
  return equalBytes(own, hash) ? pass(compared) : fail(code, compared);
}

export const entryKey: Step<Verification> = {
  name: 'entry-key',
  applies: hasEntries,
  run: (state) =>
    forEachEntry(state, (item) => {
      const { body, signer } = readBody(state, item);
      const { key } = signer.trusted;
      const compared = { expected: key.fingerprint, source: 'public key' };
      if (!equalBytes(body.keySpki, key.spki))
        return fail('ENTRY_KEY_MISMATCH', { ...compared, actual: 'a different key' });
      const { keyDetails } = body as MessageBody;
      if (keyDetails !== undefined && !isLoggedAs(keyDetails, key, signer.hash))
        return fail('ENTRY_KEY_MISMATCH', {
          ...compared,
          actual: `the key as ${keyDetails}`,
          source: 'keyDetails',
        });
      return pass({ ...compared, actual: key.fingerprint });
    }),
};

/** Whether a body is about this signature, payload and key. Checks all of this at once, to choose among the entries that a log returns. */
export async function isBound(state: Verification, body: LogBody): Promise<boolean> {
  const { signature } = state;
  const { content, signer } = established(state);
  if (signature instanceof Malformed) throw new TypeError('signature has not passed');
  if (!equalBytes(body.keySpki, signer.trusted.key.spki)) return false;
  if (body.signature !== undefined && !equalBytes(body.signature, signature)) return false;
  if (!kindsFor(content, 1).includes(`${body.kind} ${body.version}`)) return false;
  const finding =
    body.about === 'message'
      ? await checkMessage(state.signed, body, signer)
      : await checkEnvelope(content, body);
  return finding.pass;
}

function readBody(
  state: Verification,
  { body }: FoundEntry,
): { body: LogBody; content: Content; signer: Signer } {
  if (!('keySpki' in body)) throw new TypeError('entry-kind has not passed');
  return { body, ...established(state) };
}

/** What the checks before the log checks have established. */
export function established({ reading: { content }, signer }: Verification): {
  content: Content;
  signer: Signer;
} {
  if (content instanceof Unreadable || signer === undefined) throw new TypeError('signature has not passed');
  return { content, signer };
}
