// OpenAPI paths for Kubernetes: admission reviews, and Gatekeeper's external data.
import { COMMON, json, OPTIONAL_TOKEN, pathParameter, problem, TIMEOUT } from './parts.ts';

const POLICY = pathParameter('policy', 'Policy id', '^[a-z0-9][a-z0-9._-]{0,62}$');
const RESPONSES = {
  ...COMMON,
  '413': problem('Too large'),
  '415': problem('Unsupported media type'),
};

export function admissionPaths() {
  return {
    '/v1/admission/{policy}': review('admit', 'Whether an object may run'),
    '/v1/admission/{policy}/mutate': review(
      'mutate',
      'Whether an object may run, with a patch that pins tags to the verified digests',
    ),
    '/v1/gatekeeper/{policy}': door(
      'gatekeeper',
      'Whether images may run',
      'ProviderRequest of externaldata.gatekeeper.sh',
      'ProviderResponse: an item for each decided key (undecided ones are in systemError); its error is empty if the image may run',
    ),
  };
}

function review(operationId: string, summary: string) {
  return door(operationId, summary, 'AdmissionReview of admission.k8s.io/v1', 'AdmissionReview');
}

function door(operationId: string, summary: string, request: string, response: string) {
  const object = (description: string) => json({ type: 'object', description });
  return {
    post: {
      operationId,
      summary,
      security: OPTIONAL_TOKEN,
      parameters: [POLICY, ...TIMEOUT],
      requestBody: { required: true, content: object(request) },
      responses: { ...RESPONSES, '200': { description: response, content: object(response) } },
    },
  };
}
