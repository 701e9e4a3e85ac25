// Edits that remove the answer to more than one failure.
import { edit } from './abuse_case.ts';

export const ENTRY_SIGNATURE = [
  edit(
    'core/steps/log_binding.ts',
    '!(signature instanceof Malformed) && equalBytes(body.signature, signature)',
    'true',
  ),
];
export const ENTRY_KEY = [
  edit('core/steps/log_binding.ts', 'if (!equalBytes(body.keySpki, key.spki))', 'if (false)'),
];
export const ONLINE_ENTRY = [
  edit('core/steps/online.ts', 'entries.find((candidate) => isSameEntry(candidate, entry))', 'entries[0]'),
];
export const PAYLOAD_TYPE = [
  edit('core/steps/payload.ts', 'if (actual !== IN_TOTO_PAYLOAD_TYPE)', 'if (false)'),
];
export const PAYLOAD_SUBJECT = [
  edit('core/steps/payload.ts', 'return (await isNamedBy(subject, { [algorithm]: hash }))', 'return true'),
];
export const REFERENCE_DIGEST = [
  edit('core/reference.ts', 'if (digest !== undefined && !isDigest(digest))', 'if (false)'),
];
export const PROMISE = [
  edit(
    'core/steps/log_proof.ts',
    "if (!valid) return fail('SET_INVALID', { ...compared, actual: 'does not verify' });",
    '',
  ),
];
export const PRIVATE_HOSTS = [
  edit(
    'egress/egress_policy.ts',
    "return isInternalHost(url.hostname) ? 'a private or internal host' : undefined;",
    'return undefined;',
  ),
];
export const PROOF_INDEX = [edit('core/log/merkle.ts', 'if (index < 0n || index >= size)', 'if (false)')];
export const READ_OF_THE_STORE = [
  edit(
    'verify/session.ts',
    'store: snapshot(store),',
    'store: ((verifier as any).seen ??= snapshot(verifier.ports.store)),',
  ),
];
/** Storing a key then also writes back the revocation record as it was read. */
export const REVOCATION_RECORD = [
  edit('store/kv/workers_kv.ts', 'if (value === expected && always !== true) continue;', ''),
];
/** Each place of an object is then judged by itself. */
export const IMAGE_FOR_ALL_PLACES = [
  edit('http/routes/judge_images.ts', 'const distinct = [...new Set(images)];', 'const distinct = images;'),
  edit('http/routes/judge_images.ts', 'images.map((image) => all[indexOf.get(image) as number] as T)', 'all'),
];
export const REPOSITORY_OF_A_RECORD = [
  edit(
    'store/parents.ts',
    '`parents/${as}/${toHex(await sha256(utf8(name)))}/${digestHex(digest)}`',
    '`parents/${as}/${digestHex(digest)}`',
  ),
  edit(
    'gate/admit.ts',
    'const report = await admitParent(gate, image, as, parent.digest);',
    "const report: Report = { verdict: 'verified', code: 'VERIFIED', summary: '', keys: [], signatures: [], verifications: 0 };",
  ),
];
export const PATTERN_GRAMMAR = [
  edit(
    'core/trust/name_pattern.ts',
    "!SEGMENT.test(segment) || segment === '.' || segment === '..'",
    'false',
  ),
  edit('core/trust/name_pattern.ts', "!host.includes('*') && !isRegistryName(host)", 'false'),
  edit('core/trust/name_pattern.ts', 'odd !== undefined', 'false'),
];
export const PERCENT_ENCODING = [edit('http/request/path.ts', "(!isText && path.includes('%'))", 'false')];
