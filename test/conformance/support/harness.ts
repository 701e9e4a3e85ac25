// Valid evidence, trust and requirements for one signature by a signer and a fake log, to be verified by the core after a case
// has changed one thing.

import type { Check } from '../../../src/core/checks.ts';
import { type Digest, parseDigest } from '../../../src/core/crypto/digest.ts';
import { messageOfDigest } from '../../../src/core/crypto/message.ts';
import { parsePublicKeyPem } from '../../../src/core/crypto/public_key.ts';
import { parseJson } from '../../../src/core/encoding/json.ts';
import type { SignatureEvidence, SimpleSigningEvidence } from '../../../src/core/evidence/evidence.ts';
import { parseApiLogEntry } from '../../../src/core/log/log_entry.ts';
import type { OnlineAnswer, OnlineQuery } from '../../../src/core/log/online_query.ts';
import type { SignatureRequirements } from '../../../src/core/signature_requirements.ts';
import type { Trust } from '../../../src/core/trust/trust.ts';
import type { TrustedKey } from '../../../src/core/trust/trusted_key.ts';
import { logIdOf, type TrustedLog } from '../../../src/core/trust/trusted_log.ts';
import { type SignatureResult, verifySignatureEvidence } from '../../../src/core/verify_signature.ts';
import { base64, digest as digestOf, unbase64 } from '../../support/bytes.ts';
import { type FakeLog, type LoggedEntry, makeLog } from '../../support/fake_log.ts';
import { type Algorithm, type Hash, makeKey, type Signer, twinSignature } from '../../support/keys.ts';
import {
  logBody,
  type PayloadOptions,
  payloadFor,
  type SignedLayer,
  signPayload,
} from '../../support/sign_image.ts';
import { ok } from './assert.ts';

export const NOW = Date.parse('2026-01-01T00:00:00Z');
/** The time at which the fake log logs entries, in seconds. */
export const LOGGED_AT = Date.parse('2025-06-01T12:00:00Z') / 1000;

export interface Subject<E extends SignatureEvidence = SimpleSigningEvidence> {
  signer: Signer;
  log: FakeLog;
  logged: LoggedEntry;
  /** The digest that the evidence must be about. */
  digest: Digest;
  evidence: E;
  trust: Trust;
  requirements: SignatureRequirements;
  now: number;
  /** The queries that were sent to the log. */
  questions: OnlineQuery[];
}

export interface Making {
  signer?: Signer;
  algorithm?: Algorithm;
  hash?: Hash;
  kind?: 'hashedrekord' | 'rekord';
  log?: FakeLog;
  payload?: PayloadOptions;
  time?: number;
}

/** A genuine, logged signature by a trusted key. */
export async function makeSubject(options: Making = {}): Promise<Subject> {
  const { kind = 'hashedrekord', hash = 'SHA-256' } = options;
  const signer = options.signer ?? (await makeKey(options.algorithm ?? 'P-256'));
  const log = options.log ?? (await makeLog());
  const digest = parseDigest(await digestOf(crypto.getRandomValues(new Uint8Array(16))));
  const layer = await signPayload(signer, payloadFor(digest, options.payload), hash);
  await log.append(`{"filler":"${await digestOf(layer.payload)}"}`, LOGGED_AT);
  const logged = await log.append(await logBody(kind, layer, signer, { hash }), options.time ?? LOGGED_AT);
  const questions: OnlineQuery[] = [];
  return {
    signer,
    log,
    logged,
    digest,
    evidence: {
      format: 'simple-signing',
      source: { index: 0, via: 'tag' },
      subject: messageOfDigest(digest),
      layer: { digest: parseDigest(await digestOf(layer.payload)), size: layer.payload.length },
      payload: layer.payload,
      signature: layer.signature,
      logBundle: log.annotation(logged.entry),
      facts: new Map(),
    },
    trust: await trustIn([await trusted(signer)], [await trustedLog(log)], questions),
    requirements: { name: 'registry.example/app', annotations: [] },
    now: NOW,
    questions,
  };
}

export async function trusted(
  signer: Pick<Signer, 'pem'>,
  limits: Partial<TrustedKey> = {},
): Promise<TrustedKey> {
  return { id: 'release', key: await parsePublicKeyPem(signer.pem), transparency: 'required', ...limits };
}

export async function trustedLog(
  log: Pick<FakeLog, 'name' | 'url' | 'signer'>,
  limits: Partial<TrustedLog> = {},
): Promise<TrustedLog> {
  const { version = 1 } = limits;
  const key = await parsePublicKeyPem(log.signer.pem);
  return {
    name: log.name,
    url: log.url,
    version,
    key,
    logId: await logIdOf(version, log.name, key),
    validFrom: Date.parse('2021-01-01T00:00:00Z'),
    ...limits,
  };
}

export async function trustIn(
  keys: TrustedKey[],
  logs: TrustedLog[],
  questions: OnlineQuery[] = [],
): Promise<Trust> {
  return {
    keys,
    findLog: async (logId) => logs.find((log) => log.logId === logId),
    findAuthorities: async () => [],
    recordCheckpoint: () => undefined,
    askLog: async (query) => {
      questions.push(query);
      return { entries: [], source: 'https://rekor.example/none' };
    },
  };
}

/** Makes the log answer every query with these entries. */
export function answerWith(
  subject: Pick<Subject, 'trust' | 'questions' | 'log'>,
  ...entries: LoggedEntry['entry'][]
): void {
  subject.trust.askLog = async (query): Promise<OnlineAnswer> => {
    subject.questions.push(query);
    const parsed = entries.map((entry) => parseApiLogEntry(parseJson(JSON.stringify(entry), 'log entry')));
    return { entries: parsed, source: `${subject.log.url}/api/v1/log/entries` };
  };
}

/** Verifies a copy of the evidence: facts cached with evidence are about bytes that do not change, but cases change them. */
export async function verify<E extends SignatureEvidence>(subject: Subject<E>): Promise<SignatureResult> {
  const evidence: SignatureEvidence = { ...subject.evidence, facts: new Map() };
  const meter = { verifications: 0, proofs: 0 };
  const { trust, requirements, now } = subject;
  const result = await verifySignatureEvidence(evidence, trust, requirements, now, meter);
  for (const check of result.checks) explainsItself(check);
  return result;
}

/** Asserts that the checks that ran report what they compared. */
function explainsItself({ name, result, expected, actual }: Check): void {
  if (result === 'not-run') return;
  const compared = `${expected ?? ''}${actual ?? ''}`;
  ok(
    compared !== '' && !compared.includes('undefined'),
    `${name} ${result} says what it compared: ${compared}`,
  );
}

/** Replaces the payload's bytes, under a layer digest that matches them. */
export async function setPayload({ evidence }: Subject, payload: Uint8Array<ArrayBuffer>): Promise<void> {
  evidence.payload = payload;
  evidence.layer = { digest: parseDigest(await digestOf(payload)), size: payload.length };
}

/** Signs and logs other payload bytes, so that only the payload's content can be wrong. */
export async function resign(subject: Subject, payload: Uint8Array<ArrayBuffer>): Promise<void> {
  const { signer, log, evidence } = subject;
  const layer = await signPayload(signer, payload);
  subject.logged = await log.append(await logBody('hashedrekord', layer, signer), LOGGED_AT);
  await setPayload(subject, payload);
  evidence.signature = layer.signature;
  evidence.logBundle = log.annotation(subject.logged.entry);
}

/** Edits the JSON of the log entry annotation. */
export function editBundle(
  { evidence }: Subject,
  // biome-ignore lint/suspicious/noExplicitAny: the annotation is edited into forms that no type allows
  edit: (bundle: any) => void,
): void {
  const bundle = JSON.parse(evidence.logBundle ?? '');
  edit(bundle);
  evidence.logBundle = JSON.stringify(bundle);
}

/** Puts another entry body into the annotation, with a new promise by the log. */
export async function logBodyInstead(subject: Subject, body: string): Promise<void> {
  const fields = { body: base64(body), integratedTime: LOGGED_AT, logID: subject.log.id, logIndex: 1 };
  const signedEntryTimestamp = await subject.log.promise(fields);
  subject.evidence.logBundle = subject.log.annotation({ ...fields, verification: { signedEntryTimestamp } });
}

/** Another valid signature by the same key over the same payload. */
export function twinOf({ evidence }: Subject): SignedLayer {
  return { payload: evidence.payload, signature: base64(twinSignature(unbase64(evidence.signature ?? ''))) };
}
