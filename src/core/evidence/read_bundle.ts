// Readings of Sigstore bundles.
import { certificateSpki } from '../crypto/certificate.ts';
import { messageOfBytes } from '../crypto/message.ts';
import { bundleEnvelopeHashes, bundleMessageHashes, cosignHashes } from '../crypto/signature_hashes.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { attempt, Malformed } from '../encoding/malformed.ts';
import {
  fingerprintInHint,
  parseBundle,
  type SigstoreBundle,
  UnsupportedBundle,
} from '../formats/sigstore_bundle.ts';
import { withBody } from '../log/logged_entry.ts';
import { envelopeReading } from './envelope_reading.ts';
import type { BundleEvidence } from './evidence.ts';
import { type Reading, Unreadable, unreadable } from './reading.ts';

const readings = new WeakMap<Bytes, Reading>();

/** Reads the bytes once: a manifest may list one bundle 128 times. A bare signature is over what each piece of evidence is about. */
export function readSigstoreBundle(evidence: BundleEvidence): Reading {
  const reading = readings.get(evidence.bundle) ?? read(evidence);
  readings.set(evidence.bundle, reading);
  const { content } = reading;
  const isBare = !(content instanceof Unreadable) && content.kind === 'artifact';
  return isBare ? { ...reading, signed: evidence.subject } : reading;
}

function read(evidence: BundleEvidence): Reading {
  const listed = messageOfBytes(evidence.bundle);
  let bundle: SigstoreBundle;
  try {
    bundle = parseBundle(evidence.bundle, evidence.read);
  } catch (error) {
    const beside = { listed, hashes: cosignHashes, entries: [], timestamps: [] };
    if (error instanceof Malformed) return { ...unreadable('BUNDLE_MALFORMED', error.message), ...beside };
    if (error instanceof UnsupportedBundle)
      return { ...unreadable('BUNDLE_UNSUPPORTED', error.message), ...beside };
    throw error;
  }
  const { content, material, entries, timestamps } = bundle;
  const hint = 'hint' in material ? fingerprintInHint(material.hint) : undefined;
  const beside = {
    listed,
    entries: entries.map(withBody),
    timestamps,
    ...('certificate' in material && {
      material: { spki: attempt(() => certificateSpki(material.certificate)), isCertificate: true },
    }),
    ...(hint !== undefined && { hint }),
  };
  if (content.kind === 'envelope') {
    return {
      ...envelopeReading(content.envelope),
      hashes: bundleEnvelopeHashes,
      ...beside,
    };
  }
  const { signature, stated } = content;
  return {
    content: { kind: 'artifact', ...(stated !== undefined && { stated }) },
    signed: evidence.subject,
    signature,
    hashes: bundleMessageHashes,
    ...beside,
  };
}
