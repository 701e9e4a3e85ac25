# Leaves out URLs that a runtime refuses by itself (workerd with 414, Deno with an empty 400): they never reach the service.
from urllib.parse import urlencode

import schemathesis

LONGEST_URL = 8_000


@schemathesis.hook
def filter_case(context, case):
    sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
    query = urlencode(sent.get("params") or {}, doseq=True)
    return len(sent["url"]) + len(query) < LONGEST_URL
