// Where the service deliberately differs from cosign: a closed list, with reasons. Any other difference is a defect in one of the two,
// and fails the comparison.
export interface Difference {
  change: string;
  cosign: 'verified' | 'refused';
  code: string;
}

interface Rule extends Pick<Difference, 'cosign'> {
  change: RegExp;
  code: RegExp;
  why: string;
}

export const RULES: Rule[] = [
  {
    cosign: 'verified',
    change: /another media type$/,
    code: /^NO_SIGNATURES$/,
    why: 'only its media type makes a layer a signature; cosign takes any layer for one',
  },
  {
    cosign: 'verified',
    change: /with an unknown field$/,
    code: /^LOG_ENTRY_MALFORMED$/,
    why: 'a log entry has the fields that the log promises, and no others',
  },
  {
    cosign: 'verified',
    change: /Payload\.logIndex (?:dropped|null)$/,
    code: /^LOG_ENTRY_MALFORMED$/,
    why: 'a field that is missing from an entry is not zero',
  },
  {
    cosign: 'verified',
    change: /kindVersion/,
    code: /^(?:BUNDLE|LOG_ENTRY)_MALFORMED$/,
    why: 'kindVersion must be present and match the body; cosign does not read it',
  },
  {
    cosign: 'verified',
    change: /inclusionPromise/,
    code: /^BUNDLE_MALFORMED$/,
    why: 'a promise that is present must be well-formed; cosign treats an empty one as absent',
  },
  {
    cosign: 'verified',
    change: /about another image$/,
    code: /^NO_SIGNATURES$/,
    why: 'an artifact whose manifest names another subject does not belong to this image; cosign does not read the subject',
  },
  {
    cosign: 'verified',
    change: /-v2-.*inclusionProof\.(?:rootHash|treeSize)/,
    code: /^(?:BUNDLE_MALFORMED|INCLUSION_PROOF_INVALID)$/,
    why: 'a proof must lead to the root and size that it states, and the checkpoint must state the same; cosign does not read them',
  },
  {
    cosign: 'verified',
    change: /-v2-.*(?:canonicalizedBody|: body )/,
    code: /^INCLUSION_PROOF_INVALID$/,
    why: 'the body in a bundle must be the one in the log; cosign builds its own and does not read it',
  },
  {
    cosign: 'verified',
    change: /checkpoint\.envelope near$/,
    code: /^CHECKPOINT_INVALID$/,
    why: 'a checkpoint is signed under the log’s own name; for a v1 log, cosign reads only the key id',
  },
  {
    cosign: 'refused',
    change: /messageSignature\.messageDigest (?:dropped|null|empty)$/,
    code: /^VERIFIED$/,
    why: 'messageDigest is a hint (protobuf-specs): the signature itself covers the artifact, and was verified over it',
  },
  {
    cosign: 'verified',
    change: /^signed anew, v1, image: payload /,
    code: /^(?:PAYLOAD_MALFORMED|PAYLOAD_TYPE_MISMATCH)$/,
    why: 'signed JSON must have each field once, under its exact name and with its type; cosign reads only the digest, as Go parses JSON',
  },
  {
    cosign: 'verified',
    change:
      /^signed anew, v[12], (?:image|attestation): bundle, (?:_type|predicate|statement|another predicate type)/,
    code: /^(?:PAYLOAD_MALFORMED|PAYLOAD_TYPE_MISMATCH|PREDICATE_TYPE_MISMATCH)$/,
    why: 'a statement must be v0.1 or v1, and a signature must say that it is one; cosign checks neither',
  },
  {
    cosign: 'verified',
    change: /^signed anew, v1, image: signature as r and s alone$/,
    code: /^SIGNATURE_MALFORMED$/,
    why: 'a signature must be DER; cosign accepts the bare numbers too',
  },
  {
    cosign: 'verified',
    change: /^signed anew, v1, image: body /,
    code: /^LOG_ENTRY_MALFORMED$/,
    why: 'a body is one JSON text with each field of its kind once, and no others',
  },
  {
    cosign: 'verified',
    change: /^signed anew, v1, image: (?:logged|entry number) /,
    code: /^(?:LOG_KEY_NOT_VALID|SET_INVALID|LOG_ENTRY_MALFORMED)$/,
    why: 'an entry must have a number, and a time within the log key’s window and not in the future; cosign is given no window here',
  },
  {
    cosign: 'refused',
    change: /^signed anew, v1, image: body of a hash in upper case$/,
    code: /^VERIFIED$/,
    why: 'hashes are compared as bytes',
  },
  {
    cosign: 'refused',
    change: /^signed anew, .*unknown field/,
    code: /^VERIFIED$/,
    why: 'in-toto tells parsers to ignore unknown fields; the signature covers them',
  },
  {
    cosign: 'refused',
    change: /^signed anew, .*: bundle, predicate (?:a list|true)$/,
    code: /^VERIFIED$/,
    why: 'the predicate of a signature carries no information and is not read',
  },
  {
    cosign: 'refused',
    change: /^signed anew, .*: bundle, a key id that is the key's hash$/,
    code: /^VERIFIED$/,
    why: 'a key id in an envelope is not signed and decides nothing; cosign requires its own kind of fingerprint, or none',
  },
];

export function differenceOf({ change, cosign, code }: Difference): string | undefined {
  return RULES.find((rule) => rule.cosign === cosign && rule.change.test(change) && rule.code.test(code))
    ?.why;
}
