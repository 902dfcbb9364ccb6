"""The endpoints under ``/bucket``, one in a file."""
