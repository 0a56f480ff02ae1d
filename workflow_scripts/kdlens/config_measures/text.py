"""The attributions of words: their settings are a part of the section ``text``."""

from __future__ import annotations

from kdlens.config_text import resolve_text as resolve

__all__ = ["resolve"]
