"""Writes the digests of base images into a checkout: ``python -m scripts.pin_images [FOLDER]``.

A tag is whatever its registry says today; ``name:tag@sha256:…`` is one image for ever. A digest
that is there is renewed. The requests are those of the OCI distribution specification.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx

FILES = ("Dockerfile", "docker-compose.yml")
SECONDS = 30

# Only what has a tag: our own image and the stages of a Dockerfile have none.
_PINNABLE = re.compile(
    r"^(?P<before># syntax=|FROM |COPY --from=| +image: )(?P<image>[^\s@]+:[^\s@:/]+)"
    r"(?:@sha256:[0-9a-f]{64})?(?=\s|$)",
    re.MULTILINE,
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
# The index of all platforms where there is one (OCI image specification; Docker's own before it).
_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)


class NotResolved(RuntimeError):
    """A registry did not say which image a tag is."""


@dataclass(frozen=True)
class Image:
    """A reference, in parts: registry, repository and tag."""

    registry: str
    repository: str
    tag: str

    @property
    def manifest(self) -> str:
        """The URL of its manifest."""
        scheme = "http" if self.registry.startswith(("127.0.0.1:", "localhost:")) else "https"
        return f"{scheme}://{self.registry}/v2/{self.repository}/manifests/{self.tag}"


def parse(reference: str) -> Image:
    """The parts of a reference; without a registry it is one of Docker Hub."""
    name, _, tag = reference.rpartition(":")
    host, slash, rest = name.partition("/")
    if slash and (":" in host or "." in host or host == "localhost"):
        hub = host in {"docker.io", "index.docker.io"}
        return parse(f"{rest}:{tag}") if hub else Image(host, rest, tag)
    return Image("registry-1.docker.io", name if slash else f"library/{name}", tag)


def digest_of(client: httpx.Client, reference: str) -> str:
    """The digest that the registry has for a tag today.

    Raises:
        NotResolved: it has none, or does not answer.
    """
    url = parse(reference).manifest
    try:
        response = client.head(url, headers={"Accept": _MANIFESTS})
        if response.status_code == httpx.codes.UNAUTHORIZED:
            token = _token(client, response.headers.get("WWW-Authenticate", ""))
            headers = {"Accept": _MANIFESTS, "Authorization": f"Bearer {token}"}
            response = client.head(url, headers=headers)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise NotResolved(f"{reference}: {error}") from error
    digest = str(response.headers.get("Docker-Content-Digest", ""))
    if not _DIGEST.fullmatch(digest):
        raise NotResolved(f"{reference}: {url} names no digest")
    return digest


def _token(client: httpx.Client, challenge: str) -> str:
    """The token that everybody gets who asks, as the challenge says where (RFC 6750, 3)."""
    words = dict(_CHALLENGE.findall(challenge))
    params = {key: words[key] for key in ("service", "scope") if key in words}
    answer = client.get(words.get("realm", ""), params=params).raise_for_status().json()
    return str(answer.get("token") or answer.get("access_token"))


def pinned(text: str, digests: dict[str, str]) -> str:
    """A file with a digest behind each tag."""
    return _PINNABLE.sub(lambda m: f"{m['before']}{m['image']}@{digests[m['image']]}", text)


def images_of(text: str) -> list[str]:
    """Every image that a file names with a tag, once, without its digest."""
    return list(dict.fromkeys(found["image"] for found in _PINNABLE.finditer(text)))


def main(folder: Path) -> None:
    """Pin all images of a checkout, or change nothing."""
    texts = {folder / name: (folder / name).read_text() for name in FILES}
    images = {image for text in texts.values() for image in images_of(text)}
    with httpx.Client(follow_redirects=True, timeout=SECONDS) as client:
        digests = {image: digest_of(client, image) for image in sorted(images)}
    for path, text in texts.items():
        path.write_text(pinned(text, digests))
    for image, digest in digests.items():
        print(f"{image}@{digest}")  # noqa: T201  a command's output


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    except NotResolved as error:
        sys.exit(f"pin_images: {error}; nothing was changed")
