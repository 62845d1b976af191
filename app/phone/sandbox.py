"""
The frame in which a PDF is shown: a sandbox without an origin, a cookie or a way out, whose files are open to it.

Its policy holds wherever the page is opened, also outside the approval page. What has no origin is a stranger to its own server, so these
files, which are public and the same for everyone, say that strangers may read them.
"""

VIEWER = "viewer/"
# The document's bytes are handed in; `connect-src` is for the fonts and tables of the viewer itself, `wasm-unsafe-eval` for its decoders.
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src blob:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
SANDBOX = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}
