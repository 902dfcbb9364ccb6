"""The endpoints under ``/cdn``."""
