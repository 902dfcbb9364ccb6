"""The one port that clients see: CORS, API keys, and the way to each service.

Knows the services as WSGI apps and nothing else of them.
"""

from hipflask.local.gateway.access_log import AccessLog
from hipflask.local.gateway.api_keys import ApiKeys
from hipflask.local.gateway.app import Gateway, create_gateway

__all__ = ["AccessLog", "ApiKeys", "Gateway", "create_gateway"]
