"""What is asked of a picture, from a query string, a JSON body or a signed token.

The schema is Storage's ``src/http/schemas/transformations.ts``; the texts of a token and of the
``X-Transformations`` header are those of ``ImageRenderer.applyTransformation``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

from hipflask.local.storage.render import coercion
from hipflask.local.storage.render.errors import (
    FOCAL_POINT,
    INVALID_TRANSFORMATION,
    RenderError,
    TransformationInvalid,
)
from hipflask.local.storage.render.limits import LONGEST_SIDE

Resize: TypeAlias = Literal["cover", "contain", "fill"]
Format: TypeAlias = Literal["origin", "avif", "webp"]

RESIZES: Final = ("cover", "contain", "fill")
FORMATS: Final = ("origin", "avif", "webp")
GRAVITIES: Final = ("no", "so", "ea", "we", "noea", "nowe", "soea", "sowe", "ce", "sm", "fp")

#: Storage's word -> imgproxy's, which the header shows.
_RESIZING_TYPE: Final[Mapping[str | None, str]] = {
    None: "fill",
    "cover": "fill",
    "contain": "fit",
    "fill": "force",
}
_LEADING_INTEGER: Final = re.compile(r"\s*([+-]?[0-9]{1,300})")
_LEADING_NUMBER: Final = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")


@dataclass(frozen=True, slots=True)
class Transformation:
    """A valid wish. What was not asked for is None; an asked side lies within 1 and 2500."""

    width: int | None = None
    height: int | None = None
    resize: Resize | None = None
    format: Format | None = None
    quality: int | None = None
    gravity: str | None = None
    x_offset: float | None = None
    y_offset: float | None = None

    @classmethod
    def checked(cls, values: Mapping[str, object], where: str = "querystring") -> Transformation:
        """Read a query string's values (texts, or lists where one came twice) or a JSON object.

        ``where`` begins the message, as in ``body/transform/width must be integer``. Other values
        are left alone. Raises TransformationInvalid for the first that is wrong.
        """
        if values.get("gravity") == "fp":
            for name in ("x_offset", "y_offset"):
                if name not in values:
                    raise TransformationInvalid(f"{where} must have required property '{name}'")
            for name in ("x_offset", "y_offset"):
                _focal_coordinate(values[name], f"{where}/{name}")
        side, share = (0.0, math.inf), (20.0, 100.0)
        asked: dict[str, object] = {}
        # In the order of the schema: the first complaint is the only one.
        for name in ("height", "width"):
            if name in values:
                asked[name] = _clamped(
                    coercion.integer(values[name], f"{where}/{name}", limits=side)
                )
        for name, choices in (("resize", RESIZES), ("format", FORMATS)):
            if name in values:
                asked[name] = coercion.choice(values[name], f"{where}/{name}", choices)
        if "quality" in values:
            asked["quality"] = coercion.integer(values["quality"], f"{where}/quality", limits=share)
        if "gravity" in values:
            asked["gravity"] = coercion.choice(values["gravity"], f"{where}/gravity", GRAVITIES)
        for name in ("x_offset", "y_offset"):
            if name in values:
                asked[name] = coercion.number(values[name], f"{where}/{name}")
        return cls(**asked)  # type: ignore[arg-type]  # checked above, name by name

    @classmethod
    def from_signed(cls, text: str) -> Transformation:
        """Read a token's ``transformations``, as in ``height:10,width:10,resize:undefined``.

        Whoever signed it has checked it, so this is lenient about what it does not know. Raises
        RenderError for what imgproxy would refuse.
        """
        asked: dict[str, object] = {}
        for part in text.split(","):
            name, value, *offsets = [*part.split(":"), "", ""][:4]
            if not value:
                continue
            if name in ("width", "height"):
                asked[name] = _clamped(_parsed_integer(value))
            elif name == "quality":
                asked[name] = _signed_quality(value)
            elif name == "resize":
                asked[name] = value if value in RESIZES else None
            elif name == "format":
                if value not in FORMATS:
                    raise RenderError(INVALID_TRANSFORMATION, status=404)
                asked[name] = value
            elif name == "gravity":
                if value not in GRAVITIES:
                    raise RenderError(INVALID_TRANSFORMATION, status=404)
                asked[name] = value
                asked["x_offset"], asked["y_offset"] = map(_parsed_number, offsets)
        if asked.get("gravity") == "fp" and not all(
            offset is not None and 0 <= cast(float, offset) <= 1
            for offset in (asked["x_offset"], asked["y_offset"])
        ):
            raise RenderError(FOCAL_POINT, code="InvalidParameter")
        return cls(**asked)  # type: ignore[arg-type]  # checked above, name by name

    def signed_text(self) -> str:
        """Return what a token carries; "" when nothing was asked for."""
        return ",".join(self._parts(f"resize:{self.resize or 'undefined'}"))

    def header_text(self) -> str:
        """Return the value of ``X-Transformations``; "" when there is none."""
        return ",".join(self._parts(f"resizing_type:{_RESIZING_TYPE[self.resize]}"))

    def _parts(self, resize: str) -> list[str]:
        parts = []
        if self.height:
            parts.append(f"height:{self.height}")
        if self.width:
            parts.append(f"width:{self.width}")
        if self.width or self.height:
            parts.append(resize)
        if self.quality:
            parts.append(f"quality:{self.quality}")
        if self.format and self.format != "origin":
            parts.append(f"format:{self.format}")
        if self.gravity:
            parts.append(self._gravity_text())
        return parts

    def _gravity_text(self) -> str:
        if self.gravity == "sm" or (self.x_offset is None and self.y_offset is None):
            return f"gravity:{self.gravity}"
        return f"gravity:{self.gravity}:{_shown(self.x_offset)}:{_shown(self.y_offset)}"


def _clamped(side: int) -> int | None:
    """Return the side within the limits; None for 0, which Storage takes as not asked for."""
    return min(max(side, 1), LONGEST_SIDE) if side else None


def _focal_coordinate(value: object, where: str) -> None:
    """Complain as the schema's ``then`` does, where Infinity is no number."""
    if isinstance(value, str) and not math.isfinite(coercion.javascript_number(value) or 0.0):
        raise TransformationInvalid(f"{where} must be number")
    coercion.number(value, where, limits=(0.0, 1.0))


def _parsed_integer(text: str) -> int:
    """Return what parseInt gives; 0, which is as good as nothing, where that is NaN."""
    found = _LEADING_INTEGER.match(text)
    return int(found[1]) if found else 0


def _parsed_number(text: str) -> float | None:
    found = _LEADING_NUMBER.match(text)
    value = float(found[1]) if found else math.nan
    return value if math.isfinite(value) else None


def _signed_quality(text: str) -> int | None:
    quality = _parsed_integer(text)
    if not 0 <= quality <= 100:
        raise RenderError(INVALID_TRANSFORMATION, status=404)
    return quality or None


def _shown(offset: float | None) -> str:
    """Write a number as JavaScript does: 12 and not 12.0, 1e-7 and not 1e-07."""
    return re.sub(r"e([+-])0*", r"e\1", repr(offset or 0).removesuffix(".0"))
