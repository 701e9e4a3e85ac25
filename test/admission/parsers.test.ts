// Properties of the parsers of Kubernetes objects, reviews and manifests.
import { parseProviderRequest } from '../../src/admission/gatekeeper.ts';
import { imagesInManifests } from '../../src/admission/manifests.ts';
import { imagesToJudge, parseReview } from '../../src/admission/review.ts';
import { parseJson } from '../../src/core/encoding/json.ts';
import { KINDS, pod, review, workload } from '../conformance/support/world_admission.ts';
import { testTextParsers } from '../support/parser_tests.ts';

const objects = [
  pod('busybox', 'ghcr.io/a/b:1'),
  ...KINDS.map(([version, kind]) => workload(version, kind, 'x')),
];

testTextParsers([
  {
    name: 'AdmissionReview',
    parse: (text) => imagesToJudge(parseReview(parseJson(text, 'body'))),
    valid: objects.map((object) => JSON.stringify(review(object))),
  },
  {
    name: 'Gatekeeper request',
    parse: (text) => parseProviderRequest(parseJson(text, 'body')),
    valid: [
      JSON.stringify({
        apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
        kind: 'ProviderRequest',
        request: { keys: ['busybox'] },
      }),
    ],
  },
  {
    name: 'YAML manifests',
    parse: imagesInManifests,
    valid: [
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - &c {name: a, image: "busybox"}\n  - *c\n---\n# none\n---\napiVersion: v1\nkind: Service\n',
      ...objects.map((object) => JSON.stringify(object)),
    ],
  },
]);
