"""Verifies the signature of a notification by the subscription's secret (WebSub 7.1). Pure."""

import hmac

# The methods of the specification (7.1). The hub chooses one; HMAC is secure with each.
METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})


class SignedBody:
    """A body that arrives in pieces, of which only the digest is stored."""

    def __init__(self, secret: str, signature: str | None) -> None:
        method, _, digest = (signature or "").strip().partition("=")
        self._digest = digest.strip().lower()
        supported = method.lower() in METHODS
        self._mac = hmac.new(secret.encode(), digestmod=method.lower()) if supported else None

    def feed(self, data: bytes) -> None:
        """Add the next piece of the body."""
        if self._mac is not None:
            self._mac.update(data)

    def is_genuine(self) -> bool:
        """Whether the signature matches the body; compared in constant time."""
        if self._mac is None:
            return False
        return hmac.compare_digest(self._mac.hexdigest().encode(), self._digest.encode())
