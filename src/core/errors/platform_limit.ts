/** Cloudflare Workers limits the calls of a request, to hosts and to the store. What it throws then is known only by its text. */
export function isPlatformLimit(error: unknown): boolean {
  return error instanceof Error && /too many (?:subrequests|api requests)/i.test(error.message);
}
