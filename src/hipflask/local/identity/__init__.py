"""DevIdentityProvider: an OpenID Connect provider on loopback that stands in for real ones.

It lets a project sign people in with Google, GitHub or any other provider before anybody has
registered an application there. Nobody is authenticated: whoever opens the page chooses who they
are. So it answers on this machine only.
"""

from hipflask.local.identity.client import CLIENT_ID, CLIENT_SECRET

__all__ = ["CLIENT_ID", "CLIENT_SECRET"]
