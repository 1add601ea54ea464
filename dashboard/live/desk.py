"""The desk as `live` knows it; the gatekeeper needs it too, so it stands one floor below."""

from dashboard.access.desk import Desk, in_desk

__all__ = ["Desk", "in_desk"]
