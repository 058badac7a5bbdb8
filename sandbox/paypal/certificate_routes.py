"""The addresses PayPal's certificates are fetched from."""

from aiohttp import web

from sandbox import wire
from sandbox.paypal.certificates import CertificateCabinet

PEM_TYPE = "application/x-pem-file"
ELSEWHERE = "https://certificates.example.com/stolen.pem"
CABINET: web.AppKey[CertificateCabinet] = web.AppKey("paypal_certificates", CertificateCabinet)


async def certificate(request: web.Request) -> web.Response:
    """GET /v1/notifications/certs/{cert_id}: the chain, or what a certificate fault plays."""
    cert_id = request.match_info["cert_id"]
    if cert_id.startswith("CERT-REDIRECT-"):
        raise web.HTTPFound(ELSEWHERE)
    if cert_id.startswith("CERT-DOWN-"):
        wire.reset(request)
        return web.Response(status=500)
    leaf = request.app[CABINET].find(cert_id)
    if leaf is None:
        raise web.HTTPNotFound
    return web.Response(body=leaf.chain_pem, content_type=PEM_TYPE)


async def root(request: web.Request) -> web.Response:
    """GET /_sandbox/paypal/ca.pem: what a verifier must trust."""
    return web.Response(body=request.app[CABINET].root_pem, content_type=PEM_TYPE)
