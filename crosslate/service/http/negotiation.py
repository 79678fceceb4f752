"""Which form of an answer the `Accept` header asks for (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from crosslate.service.serving.serving import ImageFormat


@dataclass(frozen=True, slots=True)
class ImageType:
    """A picture that can be asked for."""

    media_type: str
    format: ImageFormat


_IMAGES = {
    "image/svg+xml": ImageType("image/svg+xml", "svg"),
    "image/png": ImageType("image/png", "png"),
    "image/*": ImageType("image/svg+xml", "svg"),
}
_JSON = ("application/json", "application/*", "*/*")


def wanted_image(accept: str) -> ImageType | None:
    """The picture that is preferred to JSON, or None. Of equals, the first; JSON if nothing fits."""
    best: tuple[float, ImageType | None] = (0.0, None)
    for item in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in item.split(";"))
        quality = _quality(parameters)
        if media_type in _IMAGES and quality > best[0]:
            best = (quality, _IMAGES[media_type])
        elif media_type in _JSON and quality > best[0]:
            best = (quality, None)
    return best[1]


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
