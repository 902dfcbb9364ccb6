"""An HTTP/1.1 server for WSGI apps: cheroot, with bodies of any size in little memory.

Knows nothing of what it serves.
"""

from hipflask.local.http_server.server import HttpServer, MadeAtFirstRequest

__all__ = ["HttpServer", "MadeAtFirstRequest"]
