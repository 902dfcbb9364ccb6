"""The endpoints under ``/object``, one in a file."""
