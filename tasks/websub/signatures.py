"""Whether a delivery comes from the hub that knows our secret (WebSub, 7.1): pure."""

import hmac

# The methods that the specification names (7.1). A hub chooses; HMAC is sound over each.
METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})


class SignedBody:
    """A body on its way, of which only the digest is kept."""

    def __init__(self, secret: str, signature: str | None) -> None:
        method, _, digest = (signature or "").strip().partition("=")
        self._claimed = digest.strip().lower()
        known = method.lower() in METHODS
        self._mac = hmac.new(secret.encode(), digestmod=method.lower()) if known else None

    def feed(self, data: bytes) -> None:
        """Take the next piece of the body."""
        if self._mac is not None:
            self._mac.update(data)

    def is_genuine(self) -> bool:
        """Whether the signature is that of this body; in a time that tells nothing."""
        if self._mac is None:
            return False
        return hmac.compare_digest(self._mac.hexdigest().encode(), self._claimed.encode())
