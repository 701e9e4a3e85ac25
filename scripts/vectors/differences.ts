// Where the service says another thing than cosign, on purpose: a closed list, each with its reason. What is not on it is a defect of one
// of the two, and fails the comparison.
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
    why: 'a layer is a signature only by its media type; cosign takes any layer for one',
  },
  {
    cosign: 'verified',
    change: /with an unknown field$/,
    code: /^LOG_ENTRY_MALFORMED$/,
    why: 'a log entry holds the fields that the log promises, and no other',
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
    why: 'kindVersion must be there and be what the body is; cosign does not read it',
  },
  {
    cosign: 'verified',
    change: /inclusionPromise/,
    code: /^BUNDLE_MALFORMED$/,
    why: 'a promise that is there must be one; cosign takes an empty one for none',
  },
  {
    cosign: 'verified',
    change: /about another image$/,
    code: /^NO_SIGNATURES$/,
    why: 'an artifact whose manifest names another subject is none of this image; cosign does not read the subject',
  },
  {
    cosign: 'verified',
    change: /-v2-.*inclusionProof\.(?:rootHash|treeSize)/,
    code: /^(?:BUNDLE_MALFORMED|INCLUSION_PROOF_INVALID)$/,
    why: 'a proof must lead to the root and size that it states, and the checkpoint state the same; cosign does not read them',
  },
  {
    cosign: 'verified',
    change: /-v2-.*(?:canonicalizedBody|: body )/,
    code: /^INCLUSION_PROOF_INVALID$/,
    why: 'the body that a bundle shows must be the one in the log; cosign makes its own and does not read it',
  },
  {
    cosign: 'verified',
    change: /checkpoint\.envelope near$/,
    code: /^CHECKPOINT_INVALID$/,
    why: 'a checkpoint is signed under the log’s own name; of a v1 log cosign reads the key’s id alone',
  },
  {
    cosign: 'refused',
    change: /messageSignature\.messageDigest (?:dropped|null)$/,
    code: /^VERIFIED$/,
    why: 'messageDigest is a hint (protobuf-specs): the signature itself covers the artifact, and was verified over it',
  },
];

export function differenceOf({ change, cosign, code }: Difference): string | undefined {
  return RULES.find((rule) => rule.cosign === cosign && rule.change.test(change) && rule.code.test(code))
    ?.why;
}
