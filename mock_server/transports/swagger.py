"""swagger-ui over an OpenAPI document, offline."""

import gzip
import html
import json
from importlib import resources

from fastapi import Request, Response

ASSETS = {
    "swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon-32x32.png": "image/png",
}  # fmt: skip
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{base}/docs/swagger-ui.css"><link rel="icon" href="{base}/docs/favicon-32x32.png">
<style>.realtime {{font: 14px sans-serif; margin: 1rem 20px 0; text-align: right}}</style></head>
<body>{link}<div id="ui"></div><script src="{base}/docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({{url: {url}, dom_id: "#ui", deepLinking: true, persistAuthorization: true, requestInterceptor: r => r}})</script></body>
</html>
"""


def page(title: str, base: str, document: str, link: str = "") -> Response:
    """The page. base: the path under which it and its files lie; document: the URL of what it shows; link: HTML above it."""
    text = PAGE.format(title=html.escape(title), base=html.escape(base), url=json.dumps(document).replace("<", "\\u003c"), link=link)
    return Response(text, media_type="text/html")


def asset(name: str, request: Request) -> Response:
    """One of its files."""
    if name not in ASSETS:
        return Response("There is no such file.", 404, media_type="text/plain")
    content = resources.files("mock_server").joinpath("vendor", "swagger-ui", f"{name}.gz").read_bytes()
    headers = {"cache-control": "max-age=86400"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(content), media_type=ASSETS[name], headers=headers)
    return Response(content, media_type=ASSETS[name], headers={**headers, "content-encoding": "gzip"})
