"""A tiny OpenID Connect provider on this machine: it signs in at once whom the test names.

It is strict where a real one is: client, redirect address, one use of a code, PKCE. What it
refuses is kept in `faults`, so that a test may see that nothing was.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "verdict-tests", "the client's secret, of 40 characters..."


class Provider:
    """The provider: whom it signs in next, and what it had to refuse.

    Attributes:
        claims: What it says of the person who signs in next.
        forged: Sign with a key that it does not publish.
        faults: Why it refused something.
        signed_out: Times that somebody signed out with a token of ours.
    """

    def __init__(self, redirect_uri: str) -> None:
        self.redirect_uri = redirect_uri
        self.claims: dict[str, Any] = {}
        self.forged = False
        self.faults: list[str] = []
        self.signed_out = 0
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
        self._other = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
        self._codes: dict[str, tuple[dict[str, str], dict[str, Any]]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """The address to send the browser back to, with a code."""
        self._check("client_id", asked, CLIENT_ID)
        self._check("redirect_uri", asked, self.redirect_uri)
        self._check("response_type", asked, "code")
        self._check("code_challenge_method", asked, "S256")
        if not {"openid", "email"} <= set(asked.get("scope", "").split()):
            raise self._fault("scope")
        code = secrets.token_urlsafe(16)
        self._codes[code] = (asked, dict(self.claims))
        return f"{self.redirect_uri}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str], authorization: str) -> dict[str, Any]:
        """The tokens for a code, once."""
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if [unquote(one) for one in given.split(":")] != [CLIENT_ID, CLIENT_SECRET]:
            raise self._fault("client")
        begun, claims = self._codes.pop(asked.get("code", ""), ({}, {}))
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        self._check("redirect_uri", asked, self.redirect_uri)
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        self._check("code_challenge", begun, challenge)
        now = int(time.time())
        said = {
            "iss": self.url, "aud": CLIENT_ID, "sub": "1", "iat": now, "exp": now + 300,
            "nonce": begun["nonce"], **claims,
        }  # fmt: skip
        key = self._other if self.forged else self.key
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, said, key)
        return {
            "access_token": secrets.token_urlsafe(16), "token_type": "Bearer",
            "expires_in": 300, "id_token": signed,
        }  # fmt: skip

    def logout(self, asked: dict[str, str]) -> str:
        """The address to send the browser back to."""
        claims = jwt.decode(asked["id_token_hint"], self.key, algorithms=["RS256"]).claims
        self._check("aud", claims, CLIENT_ID)
        self._check("post_logout_redirect_uri", asked, self.redirect_uri)
        self.signed_out += 1
        return asked["post_logout_redirect_uri"]

    def _check(self, name: str, asked: Mapping[str, Any], right: str) -> None:
        if asked.get(name) != right:
            raise self._fault(f"{name}: {asked.get(name)!r}")

    def _fault(self, what: str) -> ValueError:
        self.faults.append(what)
        return ValueError(what)


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = dict(parse_qsl(address.query))
            try:
                match address.path:
                    case "/.well-known/openid-configuration":
                        self._json(200, provider.discovery())
                    case "/keys":
                        self._json(200, {"keys": [provider.key.as_dict(private=False)]})
                    case "/authorize":
                        self._redirect(provider.authorize(asked))
                    case "/logout":
                        self._redirect(provider.logout(asked))
                    case _:
                        self._json(404, {})
            except ValueError as error:
                self._json(400, {"error": "invalid_request", "error_description": str(error)})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            try:
                said = provider.token(dict(parse_qsl(body)), self.headers["Authorization"] or "")
                self._json(200, said)
            except ValueError as error:
                self._json(400, {"error": "invalid_grant", "error_description": str(error)})

        def _json(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _redirect(self, where: str) -> None:
            self.send_response(302)
            self.send_header("Location", where)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *said: Any) -> None:
            """Say nothing."""

    return Handler
